/// Where a piece of text stands in a frame.
struct TextCell: Sendable {
    enum Kind: UInt8, Sendable {
        case absent
        /// As it stands there.
        case plain
        /// Between quotes of CSV, with doubled quotes in it.
        case doubledQuotes
        /// A string of JSON with escapes in it.
        case escaped
        /// A word of JSON.
        case yes, no
    }

    var start: Int32
    var end: Int32
    var kind: Kind

    @inline(__always) init(_ start: Int, _ end: Int, _ kind: Kind = .plain) {
        self.start = Int32(truncatingIfNeeded: start)
        self.end = Int32(truncatingIfNeeded: end)
        self.kind = kind
    }

    static let absent = TextCell(0, 0, .absent)

    @inline(__always) var range: Range<Int> { Int(start)..<Int(end) }
}
