import DeviceProfiles
import SerialIO

/// A frame whose values can be changed, its checksum with them: binary frames whose content is on the line as it is,
/// and DSMR telegrams.
struct FrameTemplate: Sendable {
    private(set) var bytes: [UInt8]
    private let profile: Profile

    init(_ bytes: [UInt8], profile: Profile) {
        self.bytes = bytes
        self.profile = profile
    }

    /// Puts a value where its field stands. False where this is no such frame, or the value does not fit.
    mutating func set(_ value: Double, of name: String) -> Bool {
        for field in profile.messages.flatMap(\.fields) where field.name == name {
            let raw = (value - field.offset) / field.scale
            switch field.place {
            case .bytes(let place): return set(raw, at: place, of: field)
            case .text(let place):
                guard case .key(let key) = place.pick, profile.framing.kind == .telegram(.dsmrP1) else { return false }
                return set(raw, underKey: key)
            case .register, .composed: return false
            }
        }
        return false
    }

    private mutating func set(_ raw: Double, at place: BytePlace, of field: Field) -> Bool {
        switch profile.framing.kind {
        case .fixed, .length: break
        default: return false
        }
        let offset = place.at < 0 ? bytes.count + place.at : place.at
        guard profile.subtraction == nil, field.bits == nil, field.repetition == nil, !field.isDerived,
            place.after == nil, place.record == nil,
            let size = place.size, let encoded = ValueEncoding.bytes(raw, as: place.type, size: size),
            offset >= 0, offset + encoded.count <= bytes.count
        else { return false }
        var changed = bytes
        changed.replaceSubrange(offset..<offset + encoded.count, with: encoded)
        if let rule = profile.framing.checksum, !Checksum(rule).complete(&changed) { return false }
        bytes = changed
        return true
    }

    /// `1-0:1.7.0(00.312*kW)`: the number keeps its digits before and behind the point.
    private mutating func set(_ raw: Double, underKey key: String) -> Bool {
        guard let start = bytes.firstRange(of: Array("\n\(key)(".utf8))?.upperBound else { return false }
        let old = bytes[start...].prefix { $0 == 0x2E || (0x30...0x39).contains($0) }
        guard !old.isEmpty, raw >= 0 else { return false }
        let decimals = old.firstIndex(of: 0x2E).map { old.endIndex - $0 - 1 } ?? 0
        let factor = (0..<decimals).reduce(1.0) { product, _ in product * 10 }
        var digits = Array(String(UInt64((raw * factor).rounded())).utf8)
        let width = decimals > 0 ? old.count - 1 : old.count
        guard digits.count <= width else { return false }
        digits.insert(contentsOf: repeatElement(0x30, count: width - digits.count), at: 0)
        if decimals > 0 { digits.insert(0x2E, at: width - decimals) }
        bytes.replaceSubrange(old.indices, with: digits)
        return completeTelegram()
    }

    /// CRC16 of everything from `/` to `!`, in four digits (DSMR P1 5.0.2, 5.2).
    private mutating func completeTelegram() -> Bool {
        guard let end = bytes.lastIndex(of: UInt8(ascii: "!")), let crc = CRC(named: "crc16/arc"),
            bytes.count >= end + 5
        else { return false }
        let rule = ChecksumRule(.crc(crc), encoding: .hex)
        bytes.replaceSubrange(end + 1..<end + 5, with: Checksum(rule).bytes(of: Array(bytes[...end])))
        return true
    }
}
