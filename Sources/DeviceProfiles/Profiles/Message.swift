import SerialIO

/// One kind of frame: how it is known, and what is in it.
public struct Message: Hashable, Sendable {
    /// For `poll.reply`, `collect` and people; nil where it has none.
    public var name: String?
    /// What must all hold.
    public var match: [MessageMatch] = []
    /// What the whole text must fit, and whose groups are picked; nil where the text is divided otherwise.
    public var pattern: TextPattern?
    /// What is in it.
    public var fields: [Field] = []

    /// A message without a condition.
    public init(name: String? = nil, fields: [Field] = []) {
        self.name = name
        self.fields = fields
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
