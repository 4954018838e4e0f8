import Records

/// What a line turned out to be.
public enum LineResult: Hashable, Sendable {
    /// The readings in it, in its order. Empty where it had none to give: all its values were missing.
    case readings([Reading])
    /// The line itself is the payload.
    case raw
    /// It is not in the format; why.
    case rejected(reason: String)
}

/// Turns lines of text into readings, as one ``LineFormat`` says. Pure: the same line gives the same readings.
///
/// A missing value gives no reading, never 0: an empty value, dashes (`----`), `#`, `null`, `n/a`, and what stands for
/// no number (`nan`, `inf`, `1e999`).
public struct LineDecoder: Sendable {
    /// What the lines are in.
    public let format: LineFormat
    /// The units of a CSV line's columns, looked up once.
    private let units: [SenMLUnit?]

    /// A decoder for a format without ``LineFormat/problems``.
    public init(format: LineFormat) {
        precondition(format.problems.isEmpty, "a format is checked before it is used")
        self.format = format
        units = if case .csv(let columns, _) = format { columns.map { $0.unit.flatMap(SenMLUnit.init) } } else { [] }
    }

    /// Decodes one line, without its terminator.
    public func decode(_ line: ArraySlice<UInt8>) -> LineResult {
        switch format {
        case .raw: return .raw
        case .json: return JSONLine.decode(line.span)
        case .csv(let columns, let separator):
            guard let text = Self.text(line) else { return .rejected(reason: Self.notText) }
            return CSVLine(columns: columns, units: units, separator: separator).decode(text)
        case .keyValue:
            guard let text = Self.text(line) else { return .rejected(reason: Self.notText) }
            return KeyValueLine.decode(text)
        }
    }

    private static let notText = "the line is not UTF-8 text"

    /// The line as text; nil where it is none: what a wrong baud rate makes of a line has control characters, or is
    /// not UTF-8.
    private static func text(_ line: ArraySlice<UInt8>) -> String? {
        guard line.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else { return nil }
        return String(validating: line, as: UTF8.self)
    }
}
