import Records

/// DLMS/COSEM: the lists that meters push (data-notification, IEC 62056-5-3).
///
/// Keys are OBIS codes with dots, `1.0.1.7.0.255`. A code is an octet string of six; the element behind it is its
/// value, and the one behind that its scaler and unit, where it is a structure of these two (Aidon and most others).
/// Lists of Kaifa and Kamstrup leave parts of this out: see ``DLMSPushList``. What has neither code nor known place is
/// `value_1`, `value_2`, ... in the order of the list; numbers without a unit of their own are published as they came.
/// `time` is the notification's own time stamp.
struct DLMSDecoder: TelegramDecoder {
    func decode(_ content: ArraySlice<UInt8>) -> TelegramResult {
        var reader = ByteReader(content)
        guard let tag = reader.byte() else { return .empty }
        switch tag {
        case 0x0F: break
        case 0xDB, 0xDC, 0xDD, 0xDF, 0xC8...0xD7:
            return .rejected(reason: "the telegram is encrypted")
        default:
            return .rejected(reason: "0x\(TelegramText.hexadecimal(tag)) is no data notification of DLMS")
        }
        // Long invoke id and priority.
        guard reader.take(4) != nil, let stamp = Self.stamp(&reader) else {
            return .rejected(reason: "the notification is cut short")
        }
        var elements: [DLMSElement] = []
        // Kamstrup puts null elements between the others and does not count them: what follows the list belongs to it.
        while !reader.isAtEnd {
            let offset = reader.offset
            guard let element = DLMSElement(&reader) else {
                return .rejected(reason: "no known element begins at byte \(offset)")
            }
            if elements.isEmpty, case .list(let first) = element { elements = first } else { elements.append(element) }
        }
        var walk = Walk(elements)
        if let text = DLMSDateTime.text(stamp) { walk.values.append(TelegramValue(key: "time", value: .text(text))) }
        walk.all(elements)
        return walk.values.isEmpty ? .empty : .values(walk.values)
    }

    /// A length and 12 bytes, or no bytes; Kaifa puts the tag of an octet string before it. Nil where bytes lack.
    private static func stamp(_ reader: inout ByteReader) -> ArraySlice<UInt8>? {
        var count = reader.byte()
        if count == 0x09 { count = reader.byte() }
        return count.flatMap { reader.take(Int($0)) }
    }

    /// Gathers values from a list and the lists in it.
    private struct Walk {
        var values: [TelegramValue] = []
        private var unnamed = 0
        private let isKamstrup: Bool
        private let isBehindTransformers: Bool

        init(_ elements: [DLMSElement]) {
            isKamstrup = elements.first?.text?.hasPrefix("Kamstrup") == true
            let type = elements.indices.dropLast().first { elements[$0].obisCode == "1.1.96.1.1.255" }
            isBehindTransformers = type.flatMap { elements[$0 + 1].text }?.hasPrefix("685") == true
        }

        /// The list of the notification.
        mutating func all(_ elements: [DLMSElement]) {
            if let entries = DLMSPushList.kaifa(elements) {
                for (element, entry) in zip(elements, entries) { append(element, as: entry) }
            } else {
                list(elements)
            }
        }

        private mutating func list(_ elements: [DLMSElement]) {
            var rest = elements[...]
            while let element = rest.popFirst() {
                if let code = element.obisCode, let value = rest.first, value.isScalar {
                    rest.removeFirst()
                    named(code, value, &rest)
                } else if case .list(let inner) = element {
                    list(inner)
                } else if case .null = element {
                    continue
                } else if isKamstrup, values.allSatisfy({ $0.key == "time" }), element.text != nil {
                    values.append(TelegramValue(key: "1.1.0.2.129.255", value: element.value()))
                } else {
                    unnamed += 1
                    values.append(TelegramValue(key: "value_\(unnamed)", value: element.value()))
                }
            }
        }

        private mutating func named(_ code: String, _ value: DLMSElement, _ rest: inout ArraySlice<DLMSElement>) {
            if case .list(let pair) = rest.first, pair.count == 2, case .small(let scaler) = pair[0],
                case .enumeration(let unitCode) = pair[1]
            {
                rest.removeFirst()
                let unit = COSEMUnit(code: unitCode)
                let exponent = Int(scaler) + unit.exponent
                append(value, as: DLMSPushList.Entry(code: code, exponent: exponent, unit: unit.symbol))
            } else if isKamstrup {
                append(value, as: DLMSPushList.kamstrup(code, isBehindTransformers: isBehindTransformers))
            } else {
                append(value, as: DLMSPushList.Entry(code: code, exponent: 0, unit: nil))
            }
        }

        private mutating func append(_ element: DLMSElement, as entry: DLMSPushList.Entry) {
            let value = element.value(exponent: entry.exponent)
            let isNumber = if case .number = value { true } else { false }
            values.append(TelegramValue(key: entry.code, value: value, unit: isNumber ? entry.unit : nil))
        }
    }
}
