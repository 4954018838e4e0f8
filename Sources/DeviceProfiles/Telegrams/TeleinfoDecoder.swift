import Records

/// Teleinfo of French meters, historic and standard mode: keys are labels, `PAPP`; a time stamp of a value's own is
/// `<label>.time`, as the meter writes it (`E200426132229`: summer time).
struct TeleinfoDecoder: TelegramDecoder {
    func decode(_ content: ArraySlice<UInt8>) -> TelegramResult {
        var values: [TelegramValue] = []
        for group in content.split(whereSeparator: { $0 == 0x02 || $0 == 0x03 || $0 == 0x0A || $0 == 0x0D }) {
            values += Self.values(of: group)
        }
        return values.isEmpty ? .rejected(reason: "the frame has no whole group") : .values(values)
    }

    /// `label SP value SP check`, or `label HT [time HT] value HT check`. The check may be a separator too.
    private static func values(of group: ArraySlice<UInt8>) -> [TelegramValue] {
        guard let separator = group.first(where: { $0 == 0x20 || $0 == 0x09 }), group.count >= 4 else { return [] }
        let parts = group.dropLast(2).split(separator: separator, omittingEmptySubsequences: false)
        guard let first = parts.first, !first.isEmpty, parts.count >= 2 else { return [] }
        let label = TelegramText.trimmed(first)
        if separator == 0x09, parts.count >= 3 {
            return [
                value(label, parts[2]),
                TelegramValue(key: label + ".time", value: .text(TelegramText.trimmed(parts[1]))),
            ]
        }
        // A text of the historic mode may have spaces in it.
        return [value(label, separator == 0x09 ? parts[1] : group.dropLast(2)[(first.endIndex + 1)...])]
    }

    private static func value(_ label: String, _ bytes: ArraySlice<UInt8>) -> TelegramValue {
        let text = TelegramText.trimmed(bytes)
        if let quantity = TeleinfoLabels.quantity(label) {
            let number = TelegramNumber.decimal(text.utf8)
            return TelegramValue(key: label, value: number.map { .number($0) }, unit: quantity.unit)
        }
        return TelegramValue(key: label, value: text.isEmpty ? nil : .text(text))
    }
}
