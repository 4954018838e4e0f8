/// DSMR P1, and what other countries made of it: keys are OBIS codes as written, `1-0:1.8.1`.
///
/// A time stamp beside a value is `<code>.time`, as the meter writes it (`170102161005W`: winter time).
struct DSMRDecoder: TelegramDecoder {
    func decode(_ content: ArraySlice<UInt8>) -> TelegramResult {
        let values = OBISReadout.entries(content).flatMap { entry in
            OBISReadout.values(of: entry, code: TelegramText.trimmed(entry.code))
        }
        return values.isEmpty ? .rejected(reason: "the telegram has no line with a code and a value") : .values(values)
    }
}
