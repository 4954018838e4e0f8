import Records

/// Lines of `name=value` pairs.
enum KeyValueLine {
    static func decode(_ line: String) -> LineResult {
        var readings: [Reading] = []
        var pairs = 0
        var rest = line.drop(while: isSeparator)
        while !rest.isEmpty {
            let name = rest.prefix { !isSeparator($0) && !isSign($0) }
            rest = rest[name.endIndex...].drop { $0 == " " || $0 == "\t" }
            guard !name.isEmpty, let sign = rest.first, isSign(sign) else {
                return .rejected(reason: "what stands at place \(pairs + 1) is no name=value pair")
            }
            pairs += 1
            guard let value = value(&rest) else {
                return .rejected(reason: "the quoted value of pair \(pairs) has no end")
            }
            switch TextValue(value) {
            case .missing: break
            case .text(let text): readings.append(Reading(name: String(name), value: .text(text)))
            case .number(let number): readings.append(Reading(name: String(name), value: .number(number)))
            }
            rest = rest.drop(while: isSeparator)
        }
        return pairs > 0 ? .readings(readings) : .rejected(reason: "the line has no name=value pair")
    }

    /// The value behind the sign at the beginning of `rest`, which is left behind it. Nil where a quote has no end.
    private static func value(_ rest: inout Substring) -> Substring? {
        rest = rest.dropFirst()
        let behindSign = rest
        rest = rest.drop { $0 == " " || $0 == "\t" }
        if rest.first == "\"" {
            let content = rest.dropFirst()
            guard let end = content.firstIndex(of: "\"") else { return nil }
            rest = content[content.index(after: end)...]
            return content[..<end]
        }
        let value = rest.prefix { !isSeparator($0) }
        // In `a= b=2` the value of a is missing, and what stands behind the space is the next pair.
        let isNextPair =
            rest.startIndex != behindSign.startIndex && value.first?.isLetter == true && value.contains(where: isSign)
        if isNextPair {
            rest = behindSign
            return rest.prefix(0)
        }
        rest = rest[value.endIndex...]
        return value
    }

    private static func isSeparator(_ character: Character) -> Bool {
        character == " " || character == "\t" || character == "," || character == ";"
    }

    private static func isSign(_ character: Character) -> Bool { character == "=" || character == ":" }
}
