import SerialIO

/// One kind of frame: how it is known, and what is in it.
public struct Message: Hashable, Sendable {
    /// For `poll.reply`, `collect` and people; nil where it has none.
    public var name: String?
    /// What must all hold.
    public var match: [MessageMatch] = []
    /// What the whole text must fit, and whose groups are picked; nil where the text is divided otherwise.
    public var pattern: TextPattern?
    /// Records of which its frames are made; nil where they are not.
    public var records: RecordRule?
    /// What is in it.
    public var fields: [Field] = []

    /// A message without a condition.
    public init(name: String? = nil, fields: [Field] = []) {
        self.name = name
        self.fields = fields
    }
}

/// Records in a frame, one behind the other, each with a tag that says what is in it.
public struct RecordRule: Hashable, Sendable {
    /// Where the first begins.
    public var at: Int
    /// The byte behind the last, counted from the end where it is not above 0.
    public var to = 0
    /// What tells them apart; its place is counted in the record.
    public var tag: IntegerPlace
    /// The size of the whole record; its place is counted in the record.
    public var length: IntegerPlace

    /// Records from here to the end of the frame.
    public init(at: Int, tag: IntegerPlace, length: IntegerPlace) {
        self.at = at
        self.tag = tag
        self.length = length
    }
}

/// Where an unsigned integer stands, and what is made of it: value × times + add.
public struct IntegerPlace: Hashable, Sendable {
    /// Offset, not below zero.
    public var at: Int
    /// Its type.
    public var type: BinaryType
    /// Factor of the value.
    public var times = 1
    /// Constant of the sum.
    public var add = 0

    /// The integer as it stands there.
    public init(at: Int, type: BinaryType) {
        self.at = at
        self.type = type
    }
}

/// One condition on a frame.
public enum MessageMatch: Hashable, Sendable {
    /// The bytes at an offset, from the end where it is negative.
    case bytes(at: Int, BytePattern)
    /// So many bytes.
    case length(Int)
    /// The text of a column.
    case column(Int, is: String)
    /// The end of the text of a column.
    case columnEnd(Int, String)
    /// So many columns.
    case columns(Int)
    /// There is such a key.
    case key(String)
    /// The text begins so.
    case start([UInt8])
}

/// A regular expression that fits a whole text.
public struct TextPattern: Hashable, Sendable {
    /// As it is written.
    public let source: String
    /// Names of its groups, in their order.
    public let groups: [String]
    let regex: SendableRegex

    /// Reads a regular expression in the syntax of Swift's `Regex`.
    ///
    /// - Throws: What `Regex` says of an expression that it cannot read.
    public init(_ source: String) throws {
        self.source = source
        regex = SendableRegex(try Regex(source))
        groups = Self.groupNames(of: source)
    }

    /// By the text of the expression.
    public static func == (left: Self, right: Self) -> Bool { left.source == right.source }
    /// By the text of the expression.
    public func hash(into hasher: inout Hasher) { hasher.combine(source) }

    /// The names in `(?<name>` and `(?P<name>`; those of look-behinds are none.
    private static func groupNames(of source: String) -> [String] {
        source.split(separator: "(?", omittingEmptySubsequences: false).dropFirst().compactMap { rest in
            let rest = rest.first == "P" ? rest.dropFirst() : rest
            guard rest.first == "<", let end = rest.firstIndex(of: ">") else { return nil }
            let name = rest[rest.index(after: rest.startIndex)..<end]
            return name.first == "=" || name.first == "!" ? nil : String(name)
        }
    }
}

/// A compiled expression that may be used from several threads.
// `Regex` is not Sendable because expressions built in code may hold closures; one that was compiled from a string
// holds none and does not change by matching, so sharing it is safe.
struct SendableRegex: @unchecked Sendable {
    private let regex: Regex<AnyRegexOutput>

    init(_ regex: Regex<AnyRegexOutput>) { self.regex = regex }

    /// The match of the whole text; nil where it does not fit, or where matching gives up.
    func wholeMatch(_ text: String) -> Regex<AnyRegexOutput>.Match? {
        // The only errors are those of closures, which an expression from a string has not.
        try? regex.wholeMatch(in: text)
    }
}

/// How a text is divided.
public enum TextRule: Hashable, Sendable {
    /// Into columns, of which there must be so many; nil for any number. A separator of one space is any run of spaces.
    case csv(separator: UInt8, columns: Int? = nil)
    /// Into `name=value` pairs, parted by any of `pair`; `equals` are the signs between name and value.
    case keyValue(pair: [UInt8], equals: [UInt8])
    /// An object of JSON (RFC 8259); nested names are joined by dots.
    case json
    /// By the groups of each message's pattern.
    case pattern
    /// Into columns of characters.
    case characters
}
