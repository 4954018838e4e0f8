import Records

/// SDI-12 answers to data commands: `address`, and `value_1`, `value_2`, ... of this line. What is spread over several
/// commands (`aD0!`, `aD1!`) is counted anew in each.
///
/// Acknowledgements, announcements (`atttn`) and identifications have no values.
struct SDI12Decoder: TelegramDecoder {
    func decode(_ content: ArraySlice<UInt8>) -> TelegramResult {
        guard let address = content.first,
            (0x30...0x39).contains(address) || (0x41...0x5A).contains(address) || (0x61...0x7A).contains(address)
        else { return .rejected(reason: "the line does not begin with an address") }
        var values = [TelegramValue(key: "address", value: .text(String(decoding: [address], as: UTF8.self)))]
        var rest = content.dropFirst()
        guard let sign = rest.first else { return .values(values) }
        guard Self.isSign(sign) else {
            return (0x30...0x39).contains(sign) ? .empty : .rejected(reason: "no value begins behind the address")
        }
        while !rest.isEmpty {
            let end = rest.dropFirst().firstIndex(where: Self.isSign) ?? rest.endIndex
            guard let number = TelegramNumber.decimal(rest[..<end]) else {
                return .rejected(reason: "value \(values.count) is no number")
            }
            values.append(TelegramValue(key: "value_\(values.count)", value: .number(number)))
            rest = rest[end...]
        }
        return .values(values)
    }

    private static func isSign(_ byte: UInt8) -> Bool { byte == 0x2B || byte == 0x2D }
}
