import Glibc
import Records
import Simulation

/// Frames that real sensors sent, with what they mean: `shared/devices/vectors.json`, which lies beside the repository
/// and is no part of it. Tests that need it are enabled by ``areThere``.
public struct GoldenVectors: Sendable {
    /// Single frames, with the readings that are in them.
    public let vectors: [GoldenVector]
    /// Streams with noise, damage and splits, and the frames that must come out of them.
    public let streams: [GoldenStream]
    /// The CRC catalogue, by name: parameters of the Rocksoft model, and the CRC of `123456789`.
    public let checksums: [String: JSONTree]
    /// Framing, checksum, mode and quirks by decoder, as the survey wrote them down.
    public let protocols: [String: JSONTree]

    /// The one set of this machine; nil where it is not there.
    public static let shared: GoldenVectors? = {
        guard let path else { return nil }
        guard let vectors = GoldenVectors(Array(TemporaryFolder.contents(of: path).utf8)) else {
            preconditionFailure("\(path) is not what it was")
        }
        return vectors
    }()

    /// Whether the vectors lie beside this repository.
    public static var areThere: Bool { shared != nil }
    /// Why a test is skipped where they do not.
    public static let absence = "shared/devices/vectors.json is not beside this repository"

    /// The frame of this name.
    public subscript(_ id: String) -> GoldenVector? { vectors.first { $0.id == id } }

    /// The frames of these decoders.
    public func vectors(of decoders: String...) -> [GoldenVector] {
        vectors.filter { decoders.contains($0.decoder) }
    }

    /// Nil where the text is not of the schema `serial-golden-vectors/1`.
    init?(_ text: [UInt8]) {
        guard let tree = JSONTree(text), tree["schema"]?.string == "serial-golden-vectors/1" else { return nil }
        let vectors = (tree["vectors"]?.elements ?? []).map { GoldenVector($0) }
        let streams = (tree["negative"]?.elements ?? []).map { GoldenStream($0) }
        guard !vectors.isEmpty, !streams.isEmpty, !vectors.contains(where: { $0 == nil }),
            !streams.contains(where: { $0 == nil })
        else { return nil }
        self.vectors = vectors.compactMap { $0 }
        self.streams = streams.compactMap { $0 }
        checksums = tree["checksums"]?.members ?? [:]
        protocols = tree["protocols"]?.members ?? [:]
    }

    /// Where it is: in a `shared` beside this repository, or beside a folder that holds it.
    private static var path: String? {
        var folder = #filePath[...]
        while let slash = folder.lastIndex(of: "/") {
            folder = folder[..<slash]
            let path = folder + "/shared/devices/vectors.json"
            if access(String(path), R_OK) == 0 { return String(path) }
        }
        return nil
    }
}
