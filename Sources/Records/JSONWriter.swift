/// Writes JSON text (RFC 8259) into one growing buffer: for the hot path, where each record becomes an object.
///
/// Commas and colons come by themselves. Nothing is allocated beyond the buffer, which keeps its size over
/// ``removeAll(keepingCapacity:)``. The caller keeps the structure right: a key before each value in an object, and an
/// end for each beginning.
public struct JSONWriter: Sendable {
    /// The text so far: UTF-8, without white space.
    @inlinable public var bytes: [UInt8] { text }
    @usableFromInline var text: [UInt8]
    /// Whether the next key or value follows another one in its object or array.
    private var needsComma = false

    /// A writer with an empty buffer, which has room for `capacity` bytes.
    public init(reservingCapacity capacity: Int = 0) {
        text = []
        if capacity > 0 { text.reserveCapacity(capacity) }
    }

    /// Empties the buffer, to write the next text into it.
    public mutating func removeAll(keepingCapacity: Bool = true) {
        text.removeAll(keepingCapacity: keepingCapacity)
        needsComma = false
    }

    // MARK: Structure

    /// Writes `{`.
    public mutating func beginObject() { begin(0x7B) }

    /// Writes `}`.
    public mutating func endObject() { end(0x7D) }

    /// Writes `[`.
    public mutating func beginArray() { begin(0x5B) }

    /// Writes `]`.
    public mutating func endArray() { end(0x5D) }

    /// Writes the name of the member that comes next, as it is: a literal that needs no escape.
    public mutating func key(_ name: StaticString) {
        prepareValue()
        text.append(0x22)
        text.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        text.append(0x22)
        finishKey()
    }

    /// Writes the name of the member that comes next, escaped where it must be.
    @_disfavoredOverload  // A literal takes the way above, which does not look for what to escape.
    public mutating func key(_ name: String) {
        prepareValue()
        appendQuoted(name)
        finishKey()
    }

    // MARK: Values

    /// Writes a string, escaped where it must be.
    public mutating func string(_ content: String) {
        prepareValue()
        appendQuoted(content)
        finishValue()
    }

    /// Writes a string from bytes that should be UTF-8. Each ill-formed part becomes U+FFFD (Unicode 16, 3.9.6).
    @inlinable public mutating func string(utf8 content: some Collection<UInt8>) {
        prepareValue()
        let done: Void? = content.withContiguousStorageIfAvailable { appendQuoted(utf8: $0) }
        if done == nil { Array(content).withUnsafeBufferPointer { appendQuoted(utf8: $0) } }
        finishValue()
    }

    /// Writes a whole number in decimal digits.
    @inlinable public mutating func integer(_ value: some BinaryInteger) {
        prepareValue()
        if let signed = Int64(exactly: value) {
            appendDecimal(signed.magnitude, isNegative: signed < 0)
        } else if let unsigned = UInt64(exactly: value) {
            appendDecimal(unsigned, isNegative: false)
        } else {
            text.append(contentsOf: String(value).utf8)
        }
        finishValue()
    }

    /// Writes the shortest decimal number that reads back as the same `Double`; `null` for an infinity or a NaN, which
    /// JSON does not have (RFC 8259, section 6).
    public mutating func number(_ value: Double) {
        prepareValue()
        appendShortest(value)
        finishValue()
    }

    /// Writes the shortest decimal number that reads back as the same `Float`; `null` for an infinity or a NaN.
    public mutating func number(_ value: Float) {
        prepareValue()
        appendShortest(value)
        finishValue()
    }

    /// Writes a number of thousandths as a decimal fraction: 1500 as 1.5.
    public mutating func number(thousandths value: Int64) {
        prepareValue()
        let (whole, rest) = value.magnitude.quotientAndRemainder(dividingBy: 1000)
        appendDecimal(whole, isNegative: value < 0)
        appendDecimals(rest)
        finishValue()
    }

    /// Writes `true` or `false`.
    public mutating func boolean(_ value: Bool) { literal(value ? "true" : "false") }

    /// Writes `null`.
    public mutating func null() { literal("null") }

    /// Writes a value that is JSON text already, as it is. The caller answers for it: see ``JSONText``.
    @inlinable public mutating func raw(_ content: some Sequence<UInt8>) {
        prepareValue()
        text.append(contentsOf: content)
        finishValue()
    }

    /// Writes a string that holds the bytes in base64 with padding (RFC 4648, section 4).
    @inlinable public mutating func base64(_ content: some Collection<UInt8>) {
        prepareValue()
        let done: Void? = content.withContiguousStorageIfAvailable { appendBase64($0) }
        if done == nil { Array(content).withUnsafeBufferPointer { appendBase64($0) } }
        finishValue()
    }

    // MARK: Between values

    @usableFromInline mutating func prepareValue() {
        if needsComma { text.append(0x2C) }
    }

    @usableFromInline mutating func finishValue() { needsComma = true }

    private mutating func finishKey() {
        text.append(0x3A)
        needsComma = false
    }

    private mutating func begin(_ bracket: UInt8) {
        prepareValue()
        text.append(bracket)
        needsComma = false
    }

    private mutating func end(_ bracket: UInt8) {
        text.append(bracket)
        needsComma = true
    }

    private mutating func literal(_ word: StaticString) {
        prepareValue()
        text.append(contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
        finishValue()
    }
}
