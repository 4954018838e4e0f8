import AgentTestKit
@testable import DeviceProfiles
import Records
import SerialIO

/// A line with a device of one profile on it: bytes in, decoded frames out.
struct GoldenLine {
    /// What came out.
    struct Told {
        var decoded: [DecodedFrame] = []
        /// Damaged frames, and frames that are none of the profile's.
        var errors = 0
        /// Why frames were rejected by the decoder.
        var reasons: [String] = []
    }

    private let profile: Profile
    private let decoder: ProfileDecoder

    /// - Throws: where there is no such profile, or it is wrong.
    init(_ name: String?, _ id: String) throws {
        guard let name else { throw Missing(what: "no profile is named for \(id)") }
        profile = try DevicesFolder.library.profile(name)
        decoder = ProfileDecoder(profile)
    }

    /// Reads a line's bytes, so many at a time.
    func read(_ bytes: [UInt8], request: [UInt8]?, inPiecesOf size: Int) -> Told {
        var cutter = FrameCutter(profile.framing)
        if let request { cutter.expectReply(to: request) }
        var told = Told()
        for start in stride(from: 0, to: bytes.count, by: size) {
            cutter.append(bytes[start..<min(start + size, bytes.count)])
            loop: while true {
                switch cutter.next() {
                case .needMoreBytes: break loop
                case .skipped(_, let reason): told.errors += reason.isError ? 1 : 0
                case .frame(let content): take(decoder.decode(content, request: request), &told)
                }
            }
        }
        return told
    }

    private func take(_ frame: DecodedFrame, _ told: inout Told) {
        switch frame.verdict {
        case .decoded: told.decoded.append(frame)
        case .skipped: told.errors += 1
        case .rejected(let reason):
            told.errors += 1
            told.reasons.append(reason)
        }
    }

    /// The request that a vector answers: the vector's, or where it names none, one of Modbus for what it holds.
    func request(for vector: GoldenVector) -> [UInt8]? {
        if let request = vector.request { return request }
        switch profile.framing.kind {
        case .modbusRTU: return request(unit: vector.frame[0], function: vector.frame[1], bytes: vector.frame[2])
        case .modbusASCII:
            let digits = String(decoding: vector.frame.dropFirst(), as: UTF8.self).prefix { $0.isHexDigit }
            guard let frame = [UInt8](hexadecimal: String(digits)) else { return nil }
            return request(unit: frame[0], function: frame[1], bytes: frame[2])
        default: return nil
        }
    }

    /// The request that a stream answers, of a framer such as `modbus:1:4:4`: unit, function, bytes asked for.
    func request(for stream: GoldenStream) -> [UInt8]? {
        let words = stream.framer.split(separator: ":").dropFirst().compactMap { UInt8($0) }
        guard words.count == 3 else { return nil }
        return request(unit: words[0], function: words[1], bytes: words[2])
    }

    /// A request from register 0 on, for so many bytes.
    func request(unit: UInt8, function: UInt8, bytes: UInt8) -> [UInt8]? {
        guard let table = RegisterPlace.Table(rawValue: function) else { return nil }
        let request = ModbusPlan.Request(table: table, range: 0..<Int(bytes) / 2)
        return profile.framing.kind == .modbusASCII ? request.asciiBytes(unit: unit) : request.rtuBytes(unit: unit)
    }

    private struct Missing: Error { var what: String }
}
