/// One piece of a JSON text. Ranges are offsets into the text that was scanned.
public enum JSONToken: Equatable, Sendable {
    case beginObject, endObject, beginArray, endArray
    /// The name of a member, without its quotes, escapes as they are: see ``JSONText/unescape(_:)``.
    case key(Range<Int>)
    /// A string, without its quotes, escapes as they are.
    case string(Range<Int>)
    /// A number, as it is spelled.
    case number(Range<Int>)
    case boolean(Bool)
    case null
    /// The text is over, and was well-formed.
    case end
    /// The text is not JSON; `at` is the offset of the first byte that does not fit.
    case invalid(at: Int)
}

/// Reads a JSON text piece by piece, strictly by RFC 8259, without allocating anything.
///
/// The text is given with each call, always the same one: a scanner holds only how far it has come.
public struct JSONScanner: Sendable {
    /// What may come next.
    private enum Expectation { case value, valueOrEnd, key, keyOrEnd, commaOrEnd, nothing }

    private var index = 0
    private var expectation = Expectation.value
    /// How many objects and arrays are open, and for each, from the lowest bit, whether it is an object.
    private var depth = 0
    private var objects: UInt64 = 0

    /// How many bytes of the text are read.
    public var offset: Int { index }

    /// A scanner at the beginning of a text.
    public init() {}

    /// The next piece of `text`. After ``JSONToken/end`` and ``JSONToken/invalid(at:)`` the same comes again.
    public mutating func next(in text: Span<UInt8>) -> JSONToken {
        skipWhitespace(text)
        if expectation == .commaOrEnd, index < text.count, text[index] == 0x2C {
            index += 1
            expectation = isInObject ? .key : .value
            skipWhitespace(text)
        }
        guard index < text.count else {
            return expectation == .nothing ? .end : .invalid(at: index)
        }
        let byte = text[index]
        switch expectation {
        case .value: return value(byte, text)
        case .valueOrEnd: return byte == 0x5D ? close(.endArray) : value(byte, text)
        case .key: return key(byte, text)
        case .keyOrEnd: return byte == 0x7D ? close(.endObject) : key(byte, text)
        case .commaOrEnd where byte == (isInObject ? 0x7D : 0x5D): return close(isInObject ? .endObject : .endArray)
        case .commaOrEnd, .nothing: return .invalid(at: index)
        }
    }

    private var isInObject: Bool { objects >> UInt64(depth - 1) & 1 == 1 }

    private mutating func skipWhitespace(_ text: Span<UInt8>) {
        while index < text.count {
            switch text[unchecked: index] {
            case 0x20, 0x09, 0x0A, 0x0D: index += 1
            default: return
            }
        }
    }

    private mutating func open(isObject: Bool) -> JSONToken {
        guard depth < JSONText.depthMax else { return .invalid(at: index) }
        let bit = UInt64(1) << UInt64(depth)
        objects = isObject ? objects | bit : objects & ~bit
        depth += 1
        index += 1
        expectation = isObject ? .keyOrEnd : .valueOrEnd
        return isObject ? .beginObject : .beginArray
    }

    private mutating func close(_ token: JSONToken) -> JSONToken {
        depth -= 1
        index += 1
        finishValue()
        return token
    }

    private mutating func finishValue() { expectation = depth == 0 ? .nothing : .commaOrEnd }

    private mutating func key(_ byte: UInt8, _ text: Span<UInt8>) -> JSONToken {
        guard byte == 0x22, let range = string(text) else { return .invalid(at: index) }
        skipWhitespace(text)
        guard index < text.count, text[index] == 0x3A else { return .invalid(at: index) }
        index += 1
        expectation = .value
        return .key(range)
    }

    private mutating func value(_ byte: UInt8, _ text: Span<UInt8>) -> JSONToken {
        let token: JSONToken
        switch byte {
        case 0x7B: return open(isObject: true)
        case 0x5B: return open(isObject: false)
        case 0x22:
            guard let range = string(text) else { return .invalid(at: index) }
            token = .string(range)
        case 0x2D, 0x30...0x39:
            guard let range = number(text) else { return .invalid(at: index) }
            token = .number(range)
        case 0x74:
            guard literal("true", text) else { return .invalid(at: index) }
            token = .boolean(true)
        case 0x66:
            guard literal("false", text) else { return .invalid(at: index) }
            token = .boolean(false)
        case 0x6E:
            guard literal("null", text) else { return .invalid(at: index) }
            token = .null
        default: return .invalid(at: index)
        }
        finishValue()
        return token
    }

    private mutating func literal(_ word: StaticString, _ text: Span<UInt8>) -> Bool {
        for place in 0..<word.utf8CodeUnitCount {
            guard index < text.count, text[index] == word.utf8Start[place] else { return false }
            index += 1
        }
        return true
    }

    /// A string from its opening quote on. Nil, with `index` at the fault, where it is not one.
    private mutating func string(_ text: Span<UInt8>) -> Range<Int>? {
        index += 1
        let start = index
        while true {
            index = JSONText.plainASCIIRunEnd(in: text, from: index)
            guard index < text.count else { return nil }
            switch text[index] {
            case 0x22:
                index += 1
                return start..<index - 1
            case 0x5C:
                guard escape(text) else { return nil }
            case 0x80...:
                guard let end = JSONText.multibyteEnd(in: text, at: index) else { return nil }
                index = end
            default: return nil
            }
        }
    }

    private mutating func escape(_ text: Span<UInt8>) -> Bool {
        index += 1
        guard index < text.count else { return false }
        switch text[index] {
        case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74:
            index += 1
            return true
        case 0x75:
            index += 1
            for _ in 0..<4 {
                guard index < text.count, isHexadecimalDigit(text[index]) else { return false }
                index += 1
            }
            return true
        default: return false
        }
    }

    private func isHexadecimalDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
    }

    /// `[-] (0 | 1-9 digits) [. digits] [e [+-] digits]` (RFC 8259, section 6).
    private mutating func number(_ text: Span<UInt8>) -> Range<Int>? {
        let start = index
        if text[index] == 0x2D { index += 1 }
        if index < text.count, text[index] == 0x30 {
            index += 1
        } else {
            guard digits(text) else { return nil }
        }
        if index < text.count, text[index] == 0x2E {
            index += 1
            guard digits(text) else { return nil }
        }
        if index < text.count, text[index] | 0x20 == 0x65 {
            index += 1
            if index < text.count, text[index] == 0x2B || text[index] == 0x2D { index += 1 }
            guard digits(text) else { return nil }
        }
        return start..<index
    }

    /// One digit or more.
    private mutating func digits(_ text: Span<UInt8>) -> Bool {
        let start = index
        while index < text.count, (0x30...0x39).contains(text[unchecked: index]) { index += 1 }
        return index > start
    }
}
