/// Readouts of IEC 62056-21: keys are OBIS codes as written, `1-0:1.8.1` or `1.8.1`; `*255`, which only says that it is
/// the present value, is left out.
struct IEC62056Decoder: TelegramDecoder {
    func decode(_ content: ArraySlice<UInt8>) -> TelegramResult {
        let values = OBISReadout.entries(content).flatMap { entry in
            var code = TelegramText.trimmed(entry.code)
            if code.hasSuffix("*255") { code.removeLast(4) }
            return OBISReadout.values(of: entry, code: code, defaultUnit: Self.unit(of: code))
        }
        return values.isEmpty ? .rejected(reason: "the readout has no line with a code and a value") : .values(values)
    }

    /// The unit of a register with decimals whose meter leaves it out, as many electronic ones do: kWh, kvarh.
    private static func unit(of code: String) -> String? {
        let parts = code.split(separator: ":")
        guard let short = parts.last, parts.count == 1 || parts[0].hasPrefix("1-") else { return nil }
        let groups = short.split { $0 == "." || $0 == "*" }
        guard groups.count >= 2, groups[1] == "8" else { return nil }
        switch groups[0] {
        case "1", "2", "15", "16", "21", "22", "41", "42", "61", "62": return "kWh"
        case "3", "4", "5", "6", "7", "8": return "kvarh"
        default: return nil
        }
    }
}
