import Records

/// VE.Direct text of Victron: keys are labels, `V`; numbers as they came, in the unit of the label (mV, 0.01 kWh),
/// which a profile scales. `---` is no value.
struct VEDirectDecoder: TelegramDecoder {
    /// Labels whose values are names, though they may be written in digits.
    private static let names: Set<String> = ["PID", "FW", "FWE", "SER#", "BMV"]

    func decode(_ content: ArraySlice<UInt8>) -> TelegramResult {
        var values: [TelegramValue] = []
        for line in content.split(whereSeparator: { $0 == 0x0D || $0 == 0x0A }) {
            guard let tab = line.firstIndex(of: 0x09) else { continue }
            let label = TelegramText.trimmed(line[..<tab])
            // What follows is the checksum, which may look like anything.
            if label == "Checksum" { break }
            guard !label.isEmpty else { continue }
            values.append(
                TelegramValue(key: label, value: Self.value(line[(tab + 1)...], isName: Self.names.contains(label))))
        }
        return values.isEmpty ? .rejected(reason: "the block has no line with a label") : .values(values)
    }

    private static func value(_ bytes: ArraySlice<UInt8>, isName: Bool) -> Reading.Value? {
        let text = TelegramText.trimmed(bytes)
        if text.utf8.allSatisfy({ $0 == 0x2D }) { return nil }
        if !isName, let number = TelegramNumber.decimal(text.utf8) { return .number(number) }
        return .text(text)
    }
}
