/// One record of an M-Bus telegram: data information, value information, value (EN 13757-3, section 6.3).
struct MBusRecord {
    /// Codes of a data field (DIF, bits 0 to 3) that say how the value is written.
    enum Coding: UInt8 {
        case none = 0, int8, int16, int24, int32, real32, int48, int64
        case selection, bcd2, bcd4, bcd6, bcd8, variable, bcd12, special

        /// Bytes of the value; nil where it says itself.
        var size: Int? {
            switch self {
            case .none, .selection: 0
            case .int8, .bcd2: 1
            case .int16, .bcd4: 2
            case .int24, .bcd6: 3
            case .int32, .real32, .bcd8: 4
            case .int48, .bcd12: 6
            case .int64: 8
            case .variable, .special: nil
            }
        }
    }

    /// Data information blocks and value information blocks have up to ten extensions each.
    private static let extensionsMax = 10

    let coding: Coding
    /// 0 instantaneous, 1 maximum, 2 minimum, 3 while an error lasted.
    let function: UInt8
    private(set) var storage: UInt64
    private(set) var tariff: UInt64 = 0
    /// The first byte of the value information, without its extension bit.
    let vif: UInt8
    /// Those that follow, without it.
    private(set) var extensions: [UInt8] = []
    /// The unit, where it is written in plain text.
    private(set) var plainText: String?
    /// What variable data say of their length and coding.
    private(set) var variableLength: UInt8 = 0
    private(set) var value: ArraySlice<UInt8> = []

    /// Takes a record; nil where it is cut short or of a coding that there is not. What begins here is no filler and
    /// no special function.
    init?(_ reader: inout ByteReader) {
        guard let dif = reader.byte(), let coding = Coding(rawValue: dif & 0x0F), coding != .special else { return nil }
        self.coding = coding
        function = dif >> 4 & 3
        storage = UInt64(dif >> 6 & 1)
        var hasMore = dif & 0x80 != 0
        var count = 0
        while hasMore {
            guard count < Self.extensionsMax, let dife = reader.byte() else { return nil }
            storage |= UInt64(dife & 0x0F) << UInt64(1 + 4 * count)
            tariff |= UInt64(dife >> 4 & 3) << UInt64(2 * count)
            hasMore = dife & 0x80 != 0
            count += 1
        }
        guard let first = reader.byte() else { return nil }
        vif = first & 0x7F
        if vif == 0x7C {
            // The letters come last first, and before the extensions.
            guard let length = reader.byte(), let letters = reader.take(Int(length)) else { return nil }
            plainText = String(decoding: letters.reversed(), as: UTF8.self)
        }
        hasMore = first & 0x80 != 0
        while hasMore {
            guard extensions.count < Self.extensionsMax, let vife = reader.byte() else { return nil }
            extensions.append(vife & 0x7F)
            hasMore = vife & 0x80 != 0
        }
        guard let value = takeValue(&reader) else { return nil }
        self.value = value
    }

    private mutating func takeValue(_ reader: inout ByteReader) -> ArraySlice<UInt8>? {
        if let size = coding.size { return reader.take(size) }
        guard let length = reader.byte() else { return nil }
        variableLength = length
        switch length {
        case 0x00...0xBF: return reader.take(Int(length))
        case 0xC0...0xC9, 0xD0...0xD9, 0xE0...0xEF: return reader.take(Int(length & 0x0F))
        case 0xF4: return reader.take(4)
        // Binary numbers of 16 to 64 bytes.
        case 0xF0...0xF3: return reader.take(4 * (Int(length) - 0xEC))
        case 0xF5, 0xF6: return reader.take(16 * (Int(length) - 0xF2))
        default: return nil
        }
    }
}
