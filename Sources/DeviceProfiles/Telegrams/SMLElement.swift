/// One element of the Smart Message Language (BSI TR-03109-1, annex IV): a type and length, and what they announce.
enum SMLElement {
    case octets(ArraySlice<UInt8>)
    case boolean(Bool)
    /// `bytes` is its size.
    case signed(Int64, bytes: Int)
    case unsigned(UInt64)
    case list([SMLElement])
    /// The zero that ends a message.
    case endOfMessage

    /// Elements of a meter's answer lie six lists deep; what is deeper is made to exhaust the stack.
    private static let depthMax = 12

    /// Takes one element; nil where the bytes are none.
    init?(_ reader: inout ByteReader, depth: Int = 0) {
        guard depth < Self.depthMax, let head = Head(&reader) else { return nil }
        switch head.type {
        case 0 where head.isEndOfMessage: self = .endOfMessage
        case 0:
            guard let bytes = reader.take(head.contentCount) else { return nil }
            self = .octets(bytes)
        case 4:
            guard head.contentCount == 1, let byte = reader.byte() else { return nil }
            self = .boolean(byte != 0)
        case 5:
            guard let value = reader.bigEndian(head.contentCount) else { return nil }
            self = .signed(value.signed(bytes: head.contentCount), bytes: head.contentCount)
        case 6:
            guard let value = reader.bigEndian(head.contentCount) else { return nil }
            self = .unsigned(value)
        case 7:
            // Each element is a byte at least: a list that says more is damaged, and nothing is reserved for it.
            guard head.length <= reader.remaining else { return nil }
            var elements: [SMLElement] = []
            for _ in 0..<head.length {
                guard let element = SMLElement(&reader, depth: depth + 1) else { return nil }
                elements.append(element)
            }
            self = .list(elements)
        default: return nil
        }
    }

    /// The bytes, where it has some; an optional element that is left out is an empty one.
    var octets: ArraySlice<UInt8>? {
        guard case .octets(let bytes) = self else { return nil }
        return bytes
    }

    /// The elements, where it is a list.
    var elements: [SMLElement]? {
        guard case .list(let elements) = self else { return nil }
        return elements
    }

    /// The whole number, where it is one.
    var integer: Int64? {
        switch self {
        case .signed(let value, _): value
        case .unsigned(let value): Int64(exactly: value)
        default: nil
        }
    }

    /// Type and length.
    private struct Head {
        let type: UInt8
        /// Elements of a list; of others the bytes, these of the head included.
        private(set) var length: Int
        private var size = 1

        init?(_ reader: inout ByteReader) {
            guard var byte = reader.byte() else { return nil }
            type = byte >> 4 & 7
            length = Int(byte & 0x0F)
            while byte & 0x80 != 0 {
                guard size < 4, let more = reader.byte(), more & 0x70 == 0 else { return nil }
                byte = more
                length = length << 4 | Int(byte & 0x0F)
                size += 1
            }
        }

        var contentCount: Int { length - size }
        var isEndOfMessage: Bool { length == 0 && size == 1 }
    }
}
