import Records

/// Smart Message Language: the lists of values in the GetList answers of a file.
///
/// Keys are OBIS codes, `1-0:1.8.0*255`; values are scaled. `server_id` is the meter's own identification, `messages`
/// the number of messages in the file. The checksums of single messages are not looked at: that of the transport
/// covers them.
struct SMLDecoder: TelegramDecoder {
    private static let getListResponse: Int64 = 0x0701
    /// 1-0:16.7.0*255
    private static let power: [UInt8] = [1, 0, 16, 7, 0, 255]

    func decode(_ content: ArraySlice<UInt8>) -> TelegramResult {
        var reader = ByteReader(content)
        var values: [TelegramValue] = []
        var messages = 0
        while let byte = reader.next {
            // Some meters fill up with zeros that they do not count.
            if byte == 0 {
                _ = reader.byte()
                continue
            }
            let offset = reader.offset
            guard let message = SMLElement(&reader)?.elements, message.count == 6,
                let body = message[3].elements, body.count == 2, let choice = body[0].integer
            else { return .rejected(reason: "no SML message begins at byte \(offset)") }
            messages += 1
            if choice == Self.getListResponse { values += Self.values(ofAnswer: body[1]) }
        }
        guard messages > 0 else { return .rejected(reason: "there is no SML message") }
        guard !values.isEmpty else { return .empty }
        values.append(TelegramValue(key: "messages", value: .number(Double(messages))))
        return .values(values)
    }

    /// `[client, server, list name, sensor time, values, signature, gateway time]`
    private static func values(ofAnswer answer: SMLElement) -> [TelegramValue] {
        guard let answer = answer.elements, answer.count >= 5, let entries = answer[4].elements else { return [] }
        let server = answer[1].octets ?? []
        let losesSign = losesSign(server)
        var values = entries.compactMap { value(ofEntry: $0, losesSign: losesSign) }
        if let text = TelegramText.octets(server) {
            values.append(TelegramValue(key: "server_id", value: .text(text)))
        }
        return values
    }

    /// DZG meters with a number below 60,000,000 leave the zero byte of positive powers out, so that they look
    /// negative: 328.05 W come as `53 80 25`. Negative ones have all four bytes (found by the makers of libsml).
    private static func losesSign(_ server: ArraySlice<UInt8>) -> Bool {
        let maker: [UInt8] = [0x0A, 0x01, 0x44, 0x5A, 0x47]
        guard server.count == 10, server.starts(with: maker) else { return false }
        return server.dropFirst(maker.count).reduce(0) { $0 << 8 | Int($1) } < 60_000_000
    }

    /// `[name, status, time, unit, scaler, value, signature]`
    private static func value(ofEntry entry: SMLElement, losesSign: Bool) -> TelegramValue? {
        guard let entry = entry.elements, entry.count == 7, let name = entry[0].octets, !name.isEmpty else {
            return nil
        }
        let unit = entry[3].integer.flatMap { UInt8(exactly: $0) }.map { COSEMUnit(code: $0) }
        let exponent = Int(entry[4].integer.flatMap { Int8(exactly: $0) } ?? 0) + (unit?.exponent ?? 0)
        let value: Reading.Value? =
            switch entry[5] {
            case .signed(let number, let size) where losesSign && size < 4 && name.elementsEqual(power):
                TelegramNumber.scaled(Double(number & (1 << (8 * Int64(size)) - 1)), exponent: exponent).map {
                    .number($0)
                }
            case .signed(let number, _): TelegramNumber.scaled(Double(number), exponent: exponent).map { .number($0) }
            case .unsigned(let number): TelegramNumber.scaled(Double(number), exponent: exponent).map { .number($0) }
            case .boolean(let boolean): .boolean(boolean)
            case .octets(let bytes): TelegramText.octets(bytes).map { .text($0) }
            case .list, .endOfMessage: nil
            }
        return TelegramValue(key: key(name), value: value, unit: unit?.symbol)
    }

    private static func key(_ name: ArraySlice<UInt8>) -> String {
        let code = Array(name)
        guard code.count == 6 else { return TelegramText.hexadecimal(code) }
        return "\(code[0])-\(code[1]):\(code[2]).\(code[3]).\(code[4])*\(code[5])"
    }
}
