/// Writes metrics as Prometheus scrapes them: its text format 0.0.4, or OpenMetrics 1.0 where that is asked for.
///
/// A family is begun once and its samples follow at once, as both formats want. Names follow Prometheus' naming
/// conventions: base units, `_total` at the end of counters.
struct ExpositionText {
    /// The formats, with their MIME types.
    enum Format: String {
        case prometheus = "text/plain; version=0.0.4; charset=utf-8"
        case openMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8"
    }

    /// What a family's samples are.
    enum Kind: String {
        /// Only ever grows; its name ends in `_total`.
        case counter
        /// Goes up and down.
        case gauge
    }

    /// A sample's label.
    struct Label {
        let name: StaticString
        let value: String

        init(_ name: StaticString, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// What was written so far.
    private(set) var bytes: [UInt8] = []
    private let format: Format
    private var family: StaticString = ""

    init(_ format: Format, reservingCapacity capacity: Int = 0) {
        self.format = format
        bytes.reserveCapacity(capacity)
    }

    /// Begins a family of samples.
    ///
    /// - Parameters:
    ///   - name: with `_total` at its end for a counter.
    ///   - help: one line without backslashes.
    mutating func begin(_ name: StaticString, _ kind: Kind, _ help: StaticString) {
        family = name
        for (word, text) in [("# HELP ", help.description), ("# TYPE ", kind.rawValue)] {
            append(word)
            appendFamilyName(kind)
            append(" ")
            append(text)
            append("\n")
        }
    }

    /// A sample of the family that was begun last.
    mutating func sample(_ value: Double, _ labels: Label...) { append(labels, number(value)) }

    /// A sample of the family that was begun last.
    mutating func sample(_ value: some BinaryInteger, _ labels: Label...) { append(labels, String(value)) }

    /// Ends the text.
    mutating func end() {
        if format == .openMetrics { append("# EOF\n") }
    }

    /// OpenMetrics names a counter's family without the suffix that its samples have.
    private mutating func appendFamilyName(_ kind: Kind) {
        let name = family.description
        let isCut = format == .openMetrics && kind == .counter && name.hasSuffix("_total")
        append(isCut ? String(name.dropLast(6)) : name)
    }

    private mutating func append(_ labels: [Label], _ value: String) {
        append(family)
        var separator: StaticString = "{"
        for label in labels {
            append(separator)
            append(label.name)
            append("=\"")
            appendEscaped(label.value)
            append("\"")
            separator = ","
        }
        append(labels.isEmpty ? " " : "} ")
        append(value)
        append("\n")
    }

    private mutating func appendEscaped(_ text: String) {
        func isSpecial(_ byte: UInt8) -> Bool {
            byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\n")
        }
        guard text.utf8.contains(where: isSpecial) else { return append(text) }
        for byte in text.utf8 {
            if isSpecial(byte) { bytes.append(UInt8(ascii: "\\")) }
            bytes.append(byte == UInt8(ascii: "\n") ? UInt8(ascii: "n") : byte)
        }
    }

    private func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value.description
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }
}
