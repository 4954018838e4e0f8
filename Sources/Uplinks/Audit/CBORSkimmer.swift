/// Steps through a SenML pack in CBOR (RFC 8949): an array of maps. Gives integers, floats, texts and booleans as
/// texts; what is larger is stepped over.
struct CBORSkimmer {
    /// The bytes are no such pack at this offset.
    struct Malformed: Error { let offset: Int }

    /// Depth of nesting that is followed.
    private static let depthMax = 8
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// SenML's labels that an audit wants to know (RFC 8428, section 6).
    private static let labels: [String: String] = ["-2": "bn", "-3": "bt", "6": "t"]

    /// Calls `body` with the entries of each map of the array.
    mutating func forEachMap(_ body: ([(name: [UInt8], value: [UInt8])]) throws -> Void) throws {
        try repeating(try head(major: 4)) { scanner in
            var entries: [(name: [UInt8], value: [UInt8])] = []
            try scanner.repeating(try scanner.head(major: 5)) { scanner in
                let name = try scanner.text(depth: 0)
                let value = try scanner.text(depth: 0)
                guard let name, let value else { return }
                entries.append(
                    (Self.labels[String(decoding: name, as: UTF8.self)].map { Array($0.utf8) } ?? name, value))
            }
            try body(entries)
        }
        guard rest.isEmpty else { throw malformed }
    }

    private var malformed: Malformed { Malformed(offset: rest.startIndex) }

    /// So many times, or, without a number, until the break.
    private mutating func repeating(_ count: UInt64?, _ body: (inout CBORSkimmer) throws -> Void) throws {
        var left = count
        while left != 0 {
            if left == nil, rest.first == 0xFF {
                rest.removeFirst()
                return
            }
            try body(&self)
            left = left.map { $0 - 1 }
        }
    }

    /// The count of an array or a map; nil where it has none.
    private mutating func head(major: UInt8) throws -> UInt64? {
        guard let first = rest.first, first >> 5 == major else { throw malformed }
        if first & 0x1F == 31 {
            rest.removeFirst()
            return nil
        }
        return try argument()
    }

    /// Removes the initial byte and its argument.
    private mutating func argument() throws -> UInt64 {
        guard let first = rest.popFirst() else { throw malformed }
        let kind = first & 0x1F
        guard kind >= 24 else { return UInt64(kind) }
        guard kind <= 27 else { throw malformed }
        let count = 1 << Int(kind - 24)
        guard rest.count >= count else { throw malformed }
        defer { rest.removeFirst(count) }
        return rest.prefix(count).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// An item in text form; nil for what is stepped over.
    private mutating func text(depth: Int) throws -> [UInt8]? {
        guard let first = rest.first, depth < Self.depthMax else { throw malformed }
        switch first >> 5 {
        case 0: return Array(String(try argument()).utf8)
        case 1:
            let (value, overflow) = Int64(-1).subtractingReportingOverflow(Int64(clamping: try argument()))
            return overflow ? nil : Array(String(value).utf8)
        case 2, 3:
            let count = try argument()
            guard count <= UInt64(rest.count) else { throw malformed }
            defer { rest.removeFirst(Int(count)) }
            return first >> 5 == 3 ? Array(rest.prefix(Int(count))) : nil
        case 4, 5:
            let isMap = first >> 5 == 5
            try repeating(try head(major: first >> 5)) { scanner in
                _ = try scanner.text(depth: depth + 1)
                if isMap { _ = try scanner.text(depth: depth + 1) }
            }
            return nil
        case 6:
            _ = try argument()
            return try text(depth: depth + 1)
        default: return try simple(first)
        }
    }

    private mutating func simple(_ first: UInt8) throws -> [UInt8]? {
        let bits = try argument()
        switch first & 0x1F {
        case 20: return Array("false".utf8)
        case 21: return Array("true".utf8)
        case 25: return Array(String(Double(Float16(bitPattern: UInt16(bits)))).utf8)
        case 26: return Array(String(Double(Float(bitPattern: UInt32(bits)))).utf8)
        case 27: return Array(String(Double(bitPattern: bits)).utf8)
        default: return nil
        }
    }
}
