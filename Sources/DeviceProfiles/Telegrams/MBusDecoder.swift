import Records

/// M-Bus answers with variable data structure (EN 13757-3), lowest byte first, not encrypted.
///
/// Keys are quantities, with what tells several of one kind apart: `energy_max_t2@5` is the maximum of energy in
/// tariff 2, storage 5. Values that are alike in all this are numbered in their order: `voltage`, `voltage_2`,
/// `voltage_3`; the number of a subunit is no part of the key. Of the header come `id`, `manufacturer`, `version`,
/// `medium` and `status`; `more_follows` where the meter says that another telegram belongs to this.
struct MBusDecoder: TelegramDecoder {
    func decode(_ content: ArraySlice<UInt8>) -> TelegramResult {
        switch content.first {
        case 0xE5, 0x10: return .empty
        case 0x68: break
        default: return .rejected(reason: "this is no frame of M-Bus")
        }
        var reader = ByteReader(content)
        // 68 L L 68, control and address; checksum and 16 at the end.
        guard let head = reader.take(6), let length = head.dropFirst().first, reader.remaining == Int(length),
            length >= 2, var body = reader.take(Int(length) - 2).map({ ByteReader($0) })
        else { return .rejected(reason: "the frame's length is not what it says") }
        guard let kind = body.byte() else { return .empty }
        switch kind {
        case 0x72: return values(&body, hasLongHeader: true)
        case 0x7A: return values(&body, hasLongHeader: false)
        case 0x78: return records(&body, header: [])
        case 0x73: return MBusFixedCounters.values(&body)
        case 0x76, 0x77: return .rejected(reason: "data with the highest byte first are not read")
        case 0x70: return .rejected(reason: "the meter reports an error instead of values")
        default: return .rejected(reason: "CI field 0x\(TelegramText.hexadecimal(kind)) has no values that are known")
        }
    }

    /// Header, then records.
    private func values(_ reader: inout ByteReader, hasLongHeader: Bool) -> TelegramResult {
        var header: [TelegramValue] = []
        if hasLongHeader {
            guard let identity = reader.take(8) else { return .rejected(reason: "the header is cut short") }
            header = Self.identity(Array(identity))
        }
        guard let state = reader.take(4).map(Array.init) else { return .rejected(reason: "the header is cut short") }
        guard state[3] & 0x1F == 0 else { return .rejected(reason: "the telegram is encrypted") }
        header.append(TelegramValue(key: "status", value: .number(Double(state[1]))))
        return records(&reader, header: header)
    }

    private static func identity(_ bytes: [UInt8]) -> [TelegramValue] {
        let code = UInt16(bytes[4]) | UInt16(bytes[5]) << 8
        let letters = [code >> 10 & 31, code >> 5 & 31, code & 31].map { UInt8($0) + 64 }
        let medium = MBusMedium.name(bytes[7])
        return [
            TelegramValue(key: "id", value: .text(TelegramText.hexadecimal(bytes[0..<4].reversed()))),
            TelegramValue(key: "manufacturer", value: .text(String(decoding: letters, as: UTF8.self))),
            TelegramValue(key: "version", value: .number(Double(bytes[6]))),
            TelegramValue(key: "medium", value: .text(medium)),
        ]
    }

    private func records(_ reader: inout ByteReader, header: [TelegramValue]) -> TelegramResult {
        var values = header
        var counts: [String: Int] = [:]
        while let dif = reader.next {
            if dif == 0x2F {
                _ = reader.byte()
                continue
            }
            if dif == 0x0F { break }
            if dif == 0x1F {
                values.append(TelegramValue(key: "more_follows", value: .boolean(true)))
                break
            }
            let offset = reader.offset
            guard let record = MBusRecord(&reader) else {
                return .rejected(reason: "the record at byte \(offset) is cut short or of an unknown coding")
            }
            let reading = record.reading
            let count = counts[reading.stem + reading.place, default: 0] + 1
            counts[reading.stem + reading.place] = count
            let key = reading.stem + (count > 1 ? "_\(count)" : "") + reading.place
            values.append(TelegramValue(key: key, value: reading.value, unit: reading.unit))
        }
        return values.isEmpty ? .empty : .values(values)
    }
}
