import Compression

/// How bodies are compressed; said in `content-encoding` (RFC 9110, 8.4).
public enum BodyCompression: Hashable, Sendable, CustomStringConvertible {
    case none
    /// RFC 1952, at a level of 1 to 9: what nearly every HTTP server that takes compressed bodies understands.
    case gzip(level: Int)
    /// RFC 8878, at a level of 1 to 19. With a dictionary small bodies become much smaller, and the consumer needs the
    /// same dictionary.
    case zstd(level: Int, dictionary: ZstandardDictionary? = nil)

    /// The levels of zstd: 1 is the fastest; 6 to 9 save a tenth more, for several times the processor time.
    public static let levels = ZstandardCompressor.levels

    /// With the dictionary that comes with the program.
    public static func withBuiltInDictionary(level: Int) -> BodyCompression {
        .zstd(level: level, dictionary: .builtIn)
    }

    /// With a dictionary that somebody has trained; nil where the bytes are none.
    public static func withDictionary(_ bytes: [UInt8], level: Int) -> BodyCompression? {
        ZstandardDictionary(reading: bytes).map { .zstd(level: level, dictionary: $0) }
    }

    /// In a few words: `zstd at level 6 with dictionary 41001`.
    public var description: String {
        switch self {
        case .none: "none"
        case .gzip(let level): "gzip at level \(level)"
        case .zstd(let level, let dictionary):
            (level == 1 ? "zstd" : "zstd at level \(level)")
                + (dictionary.map { " with dictionary \($0.number)" } ?? "")
        }
    }

    /// What `content-encoding` says; nil where there is nothing to say. A reader that knows `zstd` alone cannot read
    /// what was compressed with a dictionary, so that has a name of its own.
    public var coding: String? {
        switch self {
        case .none: nil
        case .gzip: "gzip"
        case .zstd(_, nil): "zstd"
        case .zstd: "zstd-dictionary"
        }
    }
}

/// Compresses one body after the other. Used by one thread at a time.
struct BodyCompressor {
    /// What `content-encoding` says of the bodies; nil where they stay as they are.
    let coding: String?
    private let tool: Tool?

    private enum Tool {
        case gzip(GzipCompressor)
        case zstd(ZstandardCompressor)
    }

    /// - Parameter sizeMax: bytes of the largest body, as far as known.
    init(_ compression: BodyCompression, sizeMax: Int) {
        coding = compression.coding
        switch compression {
        case .none: tool = nil
        case .gzip(let level): tool = .gzip(GzipCompressor(level: level))
        case .zstd(let level, let dictionary):
            tool = .zstd(ZstandardCompressor(level: level, sizeMax: sizeMax, dictionary: dictionary))
        }
    }

    /// The body in its compressed form.
    func compressed(_ body: [UInt8]) -> [UInt8] {
        var compressed: [UInt8] = []
        switch tool {
        case nil: return body
        case .gzip(let compressor): compressor.compress(body.span.bytes, appendingTo: &compressed)
        case .zstd(let compressor): compressor.compress(body.span.bytes, appendingTo: &compressed)
        }
        return compressed
    }
}
