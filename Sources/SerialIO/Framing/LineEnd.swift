/// What ends a line.
public enum LineEnd: Hashable, Sendable {
    /// Line feed. A carriage return before it is dropped, so that CR LF ends a line too.
    case lf
    /// Carriage return.
    case cr
    /// Carriage return and line feed, in this order; either one alone is part of the line.
    case crlf
    /// Other characters, at least one: `;FF`. Line ends in front of a line are no part of it.
    case text([UInt8])
}
