import Records

/// What a value in a line of text says.
enum TextValue: Hashable {
    case number(Double)
    case text(String)
    /// Nothing was measured.
    case missing

    /// Reads a value; spaces around it do not matter.
    init(_ text: Substring) {
        let trimmed = text.trimmingSpace
        if let number = Self.number(trimmed) {
            // A number that no Double holds is no reading: 1e999 is not infinite.
            self = number.isFinite ? .number(number) : .missing
        } else if Self.isMissing(trimmed) {
            self = .missing
        } else {
            self = .text(String(trimmed))
        }
    }

    /// A decimal number: `-12`, `+0021.50`, `.5`, `5.`, `1e-3`. The point is a point in every country; hexadecimal
    /// and names of numbers are none. Nil for anything else; infinite where a `Double` cannot hold it.
    private static func number(_ text: Substring) -> Double? {
        var rest = text.utf8[...]
        func skipDigits() -> Int {
            let count = rest.count
            rest = rest.drop { (0x30...0x39).contains($0) }
            return count - rest.count
        }
        if rest.first == 0x2B || rest.first == 0x2D { rest = rest.dropFirst() }
        var digits = skipDigits()
        if rest.first == 0x2E {
            rest = rest.dropFirst()
            digits += skipDigits()
        }
        guard digits > 0 else { return nil }
        if let letter = rest.first, letter | 0x20 == 0x65 {
            rest = rest.dropFirst()
            if rest.first == 0x2B || rest.first == 0x2D { rest = rest.dropFirst() }
            guard skipDigits() > 0 else { return nil }
        }
        return rest.isEmpty ? Double(text) : nil
    }

    /// The words and signs that devices send where they have no value.
    private static func isMissing(_ text: Substring) -> Bool {
        if text.utf8.allSatisfy({ $0 == 0x2D }) || text == "#" { return true }
        guard text.utf8.count <= 9 else { return false }
        let unsigned = text.first == "-" || text.first == "+" ? text.dropFirst() : text
        return ["nan", "inf", "infinity", "null", "n/a"].contains(unsigned.lowercased())
    }
}

extension Substring {
    /// Without the spaces and tabs at its ends.
    var trimmingSpace: Substring {
        var text = utf8
        while let first = text.first, first == 0x20 || first == 0x09 { text.removeFirst() }
        while let last = text.last, last == 0x20 || last == 0x09 { text.removeLast() }
        return Substring(text)
    }
}
