/// As much of an M-Bus telegram as the conversation needs: whether another one follows.
enum MBusTelegram {
    /// Whether the records of a long frame end with the mark that more follow in the next telegram: DIF 1F
    /// (EN 13757-3, manufacturer-specific part).
    static func announcesMore(_ frame: ArraySlice<UInt8>) -> Bool {
        // 68 L L 68 C A CI, a header of twelve or four bytes, records, checksum, 16.
        guard frame.count >= 9 else { return false }
        let controlInformation = frame[frame.startIndex + 6]
        let headerSize: Int
        switch controlInformation {
        case 0x72: headerSize = 12
        case 0x7A: headerSize = 4
        case 0x78: headerSize = 0
        default: return false
        }
        var records = frame.dropFirst(7 + headerSize).dropLast(2)
        while let form = records.popFirst() {
            switch form {
            case 0x2F: continue
            case 0x1F: return true
            case 0x0F: return false
            default:
                guard dropRecord(form, &records) else { return false }
            }
        }
        return false
    }

    /// Drops the rest of a record whose first byte, the DIF, is gone. Returns false where it does not fit.
    private static func dropRecord(_ form: UInt8, _ records: inout ArraySlice<UInt8>) -> Bool {
        guard dropExtensions(of: form, &records), let unit = records.popFirst() else { return false }
        let hasText = unit & 0x7F == 0x7C
        // The text of a unit stands behind the first byte, or behind its extensions: EN 13757-3 has it behind them.
        guard dropExtensions(of: unit, &records) else { return false }
        if hasText {
            guard let length = records.popFirst() else { return false }
            records = records.dropFirst(Int(length))
        }
        let sizes = [0, 1, 2, 3, 4, 4, 6, 8, 0, 1, 2, 3, 4, -1, 6, 0]
        var size = sizes[Int(form & 0x0F)]
        if size < 0 {
            guard let length = records.popFirst() else { return false }
            // LVAR: text, or digits of binary-coded decimals, positive and negative.
            size = length < 0xC0 ? Int(length) : Int(length & 0x0F)
        }
        guard records.count >= size else { return false }
        records = records.dropFirst(size)
        return true
    }

    private static func dropExtensions(of first: UInt8, _ records: inout ArraySlice<UInt8>) -> Bool {
        var byte = first
        while byte & 0x80 != 0 {
            guard let next = records.popFirst() else { return false }
            byte = next
        }
        return true
    }
}
