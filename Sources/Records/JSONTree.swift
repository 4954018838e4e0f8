/// A JSON text as a tree, for commands and tests that show what others wrote. What is on a record's way reads piece by
/// piece: see ``JSONScanner``.
public enum JSONTree: Equatable, Sendable {
    case object([String: JSONTree])
    case array([JSONTree])
    case string(String)
    case number(Double)
    case boolean(Bool)
    case null

    /// Reads one JSON text; nil where it is none, or a name occurs twice in an object.
    public init?(_ text: [UInt8]) {
        var reader = Reader(text: text)
        guard let tree = reader.value(), reader.next() == .end else { return nil }
        self = tree
    }

    /// The member of an object; nil where there is none, or this is no object.
    public subscript(_ name: String) -> JSONTree? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }

    /// The elements of an array; empty where this is none.
    public var elements: [JSONTree] {
        guard case .array(let elements) = self else { return [] }
        return elements
    }

    /// The members of an object; empty where this is none.
    public var members: [String: JSONTree] {
        guard case .object(let members) = self else { return [:] }
        return members
    }

    /// The text, where it is one.
    public var string: String? {
        guard case .string(let string) = self else { return nil }
        return string
    }

    /// The number, where it is one.
    public var number: Double? {
        guard case .number(let number) = self else { return nil }
        return number
    }

    /// The number, where it is a whole one.
    public var integer: Int? { number.flatMap { Int(exactly: $0) } }

    /// The truth value, where it is one.
    public var boolean: Bool? {
        guard case .boolean(let boolean) = self else { return nil }
        return boolean
    }

    /// Builds the tree from the scanner's pieces.
    private struct Reader {
        let text: [UInt8]
        var scanner = JSONScanner()

        mutating func next() -> JSONToken {
            var scanner = self.scanner
            defer { self.scanner = scanner }
            return scanner.next(in: text.span)
        }

        mutating func value() -> JSONTree? { value(next()) }

        mutating func value(_ token: JSONToken) -> JSONTree? {
            switch token {
            case .beginObject: return object()
            case .beginArray: return array()
            case .string(let range): return .string(JSONText.unescape(text.span.extracting(range)))
            case .number(let range): return Double(String(decoding: text[range], as: UTF8.self)).map { .number($0) }
            case .boolean(let boolean): return .boolean(boolean)
            case .null: return .null
            case .key, .endObject, .endArray, .end, .invalid: return nil
            }
        }

        mutating func object() -> JSONTree? {
            var members: [String: JSONTree] = [:]
            while true {
                switch next() {
                case .endObject: return .object(members)
                case .key(let range):
                    let name = JSONText.unescape(text.span.extracting(range))
                    guard let value = value(), members.updateValue(value, forKey: name) == nil else { return nil }
                default: return nil
                }
            }
        }

        mutating func array() -> JSONTree? {
            var elements: [JSONTree] = []
            while true {
                let token = next()
                if token == .endArray { return .array(elements) }
                guard let value = value(token) else { return nil }
                elements.append(value)
            }
        }
    }
}
