import Records

/// The lines of a readout in text (IEC 62056-21, DSMR P1): a code, and values in parentheses.
enum OBISReadout {
    /// One code and what stands in its parentheses.
    struct Entry {
        let code: ArraySlice<UInt8>
        var groups: [ArraySlice<UInt8>]
    }

    /// The entries from the first line up to the `!`. A line that begins with a parenthesis goes on with the last one.
    static func entries(_ content: ArraySlice<UInt8>) -> [Entry] {
        var entries: [Entry] = []
        var index = content.startIndex
        var codeStart = index
        while index < content.endIndex, content[index] != 0x21 {
            switch content[index] {
            case 0x28:
                guard let end = content[index...].firstIndex(of: 0x29) else { return entries }
                let code = TelegramText.trimmedBytes(content[codeStart..<index])
                let group = content[index + 1..<end]
                if !code.isEmpty {
                    entries.append(Entry(code: code, groups: [group]))
                } else if !entries.isEmpty {
                    entries[entries.count - 1].groups.append(group)
                }
                index = end
                codeStart = end + 1
            case 0x0A, 0x0D, 0x02: codeStart = index + 1
            default: break
            }
            index += 1
        }
        return entries
    }

    /// What an entry says, under the key `code`. Tables (event logs, histories) give the number of their rows.
    static func values(of entry: Entry, code: String, defaultUnit: String? = nil) -> [TelegramValue] {
        if entry.groups.count == 1, let parts = joined(entry.groups[0]) {
            return parts.enumerated().map { index, part in
                let measured = OBISText(part, isText: false)
                let key = index == 0 ? code : "\(code)_\(index + 1)"
                return TelegramValue(key: key, value: measured.value, unit: measured.unit)
            }
        }
        let groups = entry.groups
        let isIdentification = OBISText.isIdentification(code)
        func value(_ group: ArraySlice<UInt8>, unit: ArraySlice<UInt8>? = nil) -> TelegramValue {
            let measured = OBISText(group, unit: unit, isText: isIdentification)
            return TelegramValue(
                key: code, value: measured.value, unit: measured.isBareDecimal ? defaultUnit : measured.unit)
        }
        func time(_ group: ArraySlice<UInt8>) -> TelegramValue {
            TelegramValue(key: code + ".time", value: .text(TelegramText.trimmed(group)))
        }
        if groups.count == 2, OBISText.isTime(groups[0]) { return [value(groups[1]), time(groups[0])] }
        // A device that never answered has a time that is none, and its value is none either.
        if groups.count == 2, OBISText.isUndefinedTime(groups[0]) { return [TelegramValue(key: code)] }
        if groups.count == 2, OBISText.isTime(groups[1]) { return [value(groups[0]), time(groups[1])] }
        // DSMR 2 and 3: (time)(status)(period)(count)(code)(unit)(value)
        if groups.count == 7, OBISText.isTime(groups[0]) {
            return [value(groups[6], unit: groups[5]), time(groups[0])]
        }
        return groups.first.map { [value($0)] } ?? []
    }

    /// Measured values that stand in one pair of parentheses, `098.5*C&096.1*C`, as heat meters write them; nil where
    /// there is one, or where it is no such list.
    private static func joined(_ group: ArraySlice<UInt8>) -> [ArraySlice<UInt8>]? {
        guard group.contains(0x26) else { return nil }
        let parts = group.split(separator: 0x26, omittingEmptySubsequences: false)
        return parts.allSatisfy { $0.contains(0x2A) } ? parts : nil
    }
}
