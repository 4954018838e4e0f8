import Records

/// The values in one payload: what SenML and line protocol carry of it. The rules are in docs/formats.md.
///
/// Numbers and texts are places in the payload, and names lie in one buffer that is used again, so that reading a
/// payload allocates nothing once the buffers have grown.
struct PayloadValues: Sendable {
    /// What a value is. Ranges are offsets into the payload.
    enum Content {
        /// A number as it is spelled; a double can hold it.
        case number(Range<Int>)
        /// A number that is not spelled in the payload: base and value of SenML added up.
        case sum(Double)
        /// What stands between the quotes of a JSON string, escapes as they are.
        case string(Range<Int>)
        /// What a string would hold, as it is.
        case literal(Range<Int>)
        case boolean(Bool)
        /// Bytes, by their place in ``PayloadValues/bytes``.
        case bytes(Int)
    }

    /// One value. It owns nothing, so that handing it on costs nothing.
    struct Value {
        /// Its whole name, an offset into ``PayloadValues/names``.
        var name: Range<Int>
        /// How much of the name is the base name of its pack; what follows says which value of the device it is.
        var baseCount = 0
        var content: Content
        /// SenML's unit symbol: what stands between the quotes of a JSON string in the payload.
        var unit: Range<Int>?
        /// When it was measured by the payload's own word, seconds since 1970.
        var seconds: Double?

        /// The name without the base name.
        var ownName: Range<Int> { name.lowerBound + baseCount..<name.upperBound }
    }

    /// What a payload was read as.
    enum Kind {
        /// It has no values, or more than are taken apart: it goes as a whole.
        case none
        case json
        /// `isNamed`: it has a base name, so its names are unique by its own word.
        case senml(isNamed: Bool)
    }

    /// The values of the last payload; none where ``kind`` is `none`.
    var values: [Value] = []
    /// Their names, one behind the other: UTF-8 without escapes.
    var names: [UInt8] = []
    /// What SenML has as bytes.
    var bytes: [[UInt8]] = []
    /// What the last payload was read as.
    private(set) var kind = Kind.none

    private var path: [UInt8] = []
    private var levels: [Level] = []

    /// An object or an array on the way to a value.
    private struct Level {
        /// Bytes of the path that lead to it.
        let pathCount: Int
        /// The next element's number, in an array.
        var index: Int?
    }

    /// Values of one payload that are taken apart: more are no readings but a document.
    static let valuesMax = 256

    /// Takes a payload apart.
    ///
    /// - Parameters:
    ///   - media: what its content type calls it; nil where it has none.
    ///   - contentType: the content type.
    ///   - received: when the record was received, milliseconds since 1970; SenML's relative times count from it.
    ///   - takesJSON: whether JSON that is no SenML is taken apart too.
    mutating func read(
        _ payload: ArraySlice<UInt8>, media: MediaType?, contentType: String?, receivedMilliseconds received: Int64,
        takesJSON: Bool = true
    ) {
        values.removeAll(keepingCapacity: true)
        names.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
        kind = .none
        guard media == nil || media == .json else { return }
        let isDeclared = contentType.map(Self.isSenML) ?? false
        if isDeclared || contentType == nil && payload.first == UInt8(ascii: "[") {
            if let isNamed = readPack(payload.span, isDeclared: isDeclared, received: Double(received) / 1000) {
                kind = .senml(isNamed: isNamed)
            } else {
                values.removeAll(keepingCapacity: true)
                names.removeAll(keepingCapacity: true)
            }
        }
        if takesJSON, case .none = kind, !isDeclared, flatten(payload.span), !values.isEmpty { kind = .json }
        // What has values is valid JSON, which the look for half characters takes for granted.
        if case .none = kind {} else if !SurrogateEscapes.areBroken(in: payload) { return }
        kind = .none
        values.removeAll(keepingCapacity: true)
    }

    /// Whether a content type is that of SenML in JSON, parameters set aside.
    private static func isSenML(_ contentType: String) -> Bool {
        if contentType == SenMLPack.contentType { return true }
        let type = contentType.prefix { $0 != ";" }.lowercased()
        return type.split(separator: " ").first.map { $0 == SenMLPack.contentType } ?? false
    }

    // MARK: JSON

    /// Finds all values in a JSON text; false where it is none, or has more than is taken apart.
    private mutating func flatten(_ text: Span<UInt8>) -> Bool {
        path.removeAll(keepingCapacity: true)
        levels.removeAll(keepingCapacity: true)
        var scanner = JSONScanner()
        while true {
            switch scanner.next(in: text) {
            case .beginObject:
                nameElement()
                levels.append(Level(pathCount: path.count, index: nil))
            case .beginArray:
                nameElement()
                levels.append(Level(pathCount: path.count, index: 0))
            case .endObject, .endArray:
                levels.removeLast()
            case .key(let range):
                step { Self.appendUnescaped(text, range, to: &$0) }
            case .string(let range):
                guard add(.string(range), text) else { return false }
            case .number(let range):
                guard add(Self.number(range, text), text) else { return false }
            case .boolean(let value):
                guard add(.boolean(value), text) else { return false }
            case .null:
                nameElement()
            case .end:
                return true
            case .invalid:
                return false
            }
        }
    }

    /// In an array the way to the next value ends with its number.
    private mutating func nameElement() {
        guard let index = levels.last?.index else { return }
        levels[levels.count - 1].index = index + 1
        step { $0.append(contentsOf: String(index).utf8) }
    }

    /// Puts another last component into the path.
    private mutating func step(_ append: (inout [UInt8]) -> Void) {
        guard let count = levels.last?.pathCount else { return }
        path.removeLast(path.count - count)
        if levels.count > 1 { path.append(UInt8(ascii: "/")) }
        append(&path)
    }

    private mutating func add(_ content: Content, _ text: Span<UInt8>) -> Bool {
        nameElement()
        // Long ways to many values would make a thousand bytes of ten.
        guard values.count < Self.valuesMax, names.count + path.count <= 4 * text.count + 1024 else { return false }
        let start = names.count
        names.append(contentsOf: path)
        values.append(Value(name: start..<names.count, content: content))
        return true
    }

    /// A number as what it can be for a reader: many refuse one that a double cannot hold.
    static func number(_ range: Range<Int>, _ text: Span<UInt8>) -> Content {
        // Only an exponent or hundreds of digits lead out of what a double can hold.
        let isExtreme = range.count > 300 || range.contains { text[$0] | 0x20 == UInt8(ascii: "e") }
        guard isExtreme else { return .number(range) }
        let value = JSONText.number(text, range)
        guard value.isFinite else { return .literal(range) }
        return value.magnitude < .leastNormalMagnitude ? .sum(0) : .number(range)
    }

    static func appendUnescaped(_ text: Span<UInt8>, _ range: Range<Int>, to target: inout [UInt8]) {
        let content = text.extracting(range)
        let hasEscape = range.contains { text[$0] == UInt8(ascii: "\\") }
        if hasEscape {
            target.append(contentsOf: JSONText.unescape(content).utf8)
        } else {
            content.withUnsafeBufferPointer { target.append(contentsOf: $0) }
        }
    }
}
