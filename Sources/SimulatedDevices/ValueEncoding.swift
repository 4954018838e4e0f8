import DeviceProfiles

/// How a device puts numbers into bytes. Written by itself, not with the decoder: what both had wrong would not be seen.
enum ValueEncoding {
    /// A raw value in the order of the wire; nil where it does not fit, or the type holds no numbers.
    static func bytes(_ raw: Double, as type: BinaryType, size: Int) -> [UInt8]? {
        guard (1...8).contains(size), let bytes = highestFirst(raw, as: type.coding, size: size) else { return nil }
        switch type.order {
        case .big: return bytes
        case .little: return bytes.reversed()
        case .wordsSwapped:
            return stride(from: size - 2, through: 0, by: -2).flatMap { bytes[$0..<$0 + 2] }
        case .bytesSwapped:
            return stride(from: 0, to: size - 1, by: 2).flatMap { [bytes[$0 + 1], bytes[$0]] }
        }
    }

    private static func highestFirst(_ raw: Double, as coding: BinaryType.Coding, size: Int) -> [UInt8]? {
        if coding == .float {
            if size == 4 { return bytes(of: UInt64(Float(raw).bitPattern), size: 4) }
            return size == 8 ? bytes(of: raw.bitPattern, size: 8) : nil
        }
        guard let number = Int64(exactly: raw.rounded()) else { return nil }
        let bits = size * 8
        let most = bits == 64 ? Int64.max : Int64(1) << (bits - 1) - 1
        switch coding {
        case .unsigned:
            guard number >= 0, bits == 64 || number < Int64(1) << bits else { return nil }
            return bytes(of: UInt64(number), size: size)
        case .signed:
            guard number <= most, number >= -most - 1 else { return nil }
            return bytes(of: UInt64(bitPattern: number), size: size)
        case .signMagnitude:
            guard number.magnitude <= UInt64(most) else { return nil }
            return bytes(of: number.magnitude | (number < 0 ? 1 << UInt64(bits - 1) : 0), size: size)
        case .bcd:
            guard number >= 0 else { return nil }
            var rest = UInt64(number)
            var digits: [UInt8] = []
            for _ in 0..<size {
                digits.insert(UInt8(rest % 10) | UInt8(rest / 10 % 10) << 4, at: 0)
                rest /= 100
            }
            return rest == 0 ? digits : nil
        case .float, .text, .hex, .digits, .hexDigits, .signedHexDigits, .kmp: return nil
        }
    }

    private static func bytes(of bits: UInt64, size: Int) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: bits >> UInt64((size - 1 - $0) * 8)) }
    }
}
