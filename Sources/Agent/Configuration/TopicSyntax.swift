import Records
import StrictTOML

/// The rules for topic filters and for topics to publish to (OASIS MQTT 5.0, 4.7). Each check returns what is wrong.
enum TopicSyntax {
    /// What is wrong with a topic filter; nil where it is valid.
    static func problem(filter: String) -> String? {
        if let problem = problem(text: filter) { return problem }
        var levels = filter.split(separator: "/", omittingEmptySubsequences: false)
        if levels[0] == "$share" {
            guard levels.count >= 3, !levels[1].isEmpty, !levels[1].contains(where: { "+#".contains($0) }),
                !(levels.count == 3 && levels[2].isEmpty)
            else { return "\(quoted(filter)) is no shared subscription; write $share/GROUP/FILTER" }
            levels.removeFirst(2)
        }
        for (index, level) in levels.enumerated() {
            if level.contains("#"), level != "#" || index != levels.count - 1 {
                return "\(quoted(filter)) is no topic filter: \"#\" must be the whole last level, such as \"sensors/#\""
            }
            if level.contains("+"), level != "+" {
                return "\(quoted(filter)) is no topic filter: \"+\" must be a whole level, such as \"sensors/+/value\""
            }
        }
        return nil
    }

    /// What is wrong with a topic to publish to, in which some `{placeholders}` are allowed; nil where it is valid.
    static func problem(template: String, placeholders: [String]) -> String? {
        if let problem = problem(text: template) { return problem }
        if let wildcard = template.first(where: { $0 == "+" || $0 == "#" }) {
            return "\(quoted(template)) has the wildcard \"\(wildcard)\"; nothing can be published to a wildcard"
        }
        let first = template.prefix { $0 != "/" }
        if first == "$SYS" || first == "$share" {
            return "\(quoted(template)) begins with \(first), which belongs to the broker"
        }
        return placeholderProblem(template, allowed: placeholders)
    }

    /// What is wrong with a Kafka topic in which some `{placeholders}` are allowed; nil where it is valid. A name has 1
    /// to 249 letters, digits, `.`, `_` and `-` (Kafka's `Topic.validate`).
    static func problem(kafkaTopic text: String, placeholders: [String]) -> String? {
        if let problem = placeholderProblem(text, allowed: placeholders) { return problem }
        var isPlaceholder = false
        var literals = 0
        for character in text {
            if character == "{" { isPlaceholder = true }
            if isPlaceholder {
                if character == "}" { isPlaceholder = false }
                continue
            }
            literals += 1
            let isAllowed = character.isASCII && (character.isLetter || character.isNumber || "._-".contains(character))
            if !isAllowed {
                return "\(quoted(text)) has \(quoted(String(character))); a Kafka topic is made of letters, digits, "
                    + "\".\", \"_\" and \"-\""
            }
        }
        if literals > 249 { return "is longer than 249 bytes, Kafka's limit for a topic" }
        return text == "." || text == ".." ? "\(quoted(text)) is no name that Kafka allows" : nil
    }

    private static func problem(text: String) -> String? {
        if text.isEmpty { return "must not be empty" }
        if text.utf8.count > Limits.topicSizeMax { return "is longer than \(Limits.topicSizeMax) bytes" }
        let hasControl = text.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
        return hasControl ? "\(quoted(text)) has a control character" : nil
    }

    /// What is wrong with the placeholders of a template; nil where nothing is.
    static func placeholderProblem(_ template: String, allowed: [String]) -> String? {
        let names = allowed.map { "{\($0)}" }.joined(separator: ", ")
        var rest = template[...]
        while let open = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            guard rest[open] == "{", let close = rest[open...].firstIndex(of: "}") else {
                return "\(quoted(template)) has a brace without its other half; placeholders are \(names)"
            }
            let name = String(rest[rest.index(after: open)..<close])
            guard allowed.contains(name) else {
                let hint = NearestKey.find(name, in: allowed).map { "; did you mean {\($0)}?" }
                return "\(quoted(template)) has the unknown placeholder {\(name)}\(hint ?? "; allowed: \(names)")"
            }
            rest = rest[rest.index(after: close)...]
        }
        return nil
    }
}
