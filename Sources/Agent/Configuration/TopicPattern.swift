import Records
import StrictTOML

/// The topics that a filter matches, or that a template can become, as a row of levels: what is needed to tell whether
/// the two can meet.
struct TopicPattern: Hashable {
    /// A part of the row.
    enum Level: Hashable {
        case literal(String)
        /// Exactly one level of any text.
        case any
        /// Any number of levels, none included.
        case rest
    }

    let levels: [Level]

    /// The pattern of a valid filter; the `$share/GROUP/` of a shared subscription is left away.
    init(filter: String) {
        var parts = filter.split(separator: "/", omittingEmptySubsequences: false)
        if parts.first == "$share" { parts.removeFirst(min(2, parts.count)) }
        levels = parts.map { $0 == "#" ? .rest : $0 == "+" ? .any : .literal(String($0)) }
    }

    init(levels: [Level]) { self.levels = levels }

    /// The pattern of a valid template. `{gateway}` is known, and what else is in braces is one level.
    ///
    /// - Parameter topic: what `{topic}` may be; by default any levels, but not none.
    init(template: String, gateway: GatewayID, topic: TopicPattern = TopicPattern(levels: [.any, .rest])) {
        var result: [Level] = []
        for part in template.split(separator: "/", omittingEmptySubsequences: false) {
            let text = part.replacing("{gateway}", with: gateway.rawValue)
            if text == "{topic}" {
                result += topic.levels
            } else if text.contains("{topic}") {
                result += [.any, .rest]
            } else {
                result.append(text.contains("{") ? .any : .literal(String(text)))
            }
        }
        levels = result
    }

    /// Whether some topic fits both. `self` is a filter's pattern, whose leading wildcard matches no topic that begins
    /// with `$` (OASIS MQTT 5.0, 4.7.2).
    func meets(_ template: TopicPattern) -> Bool {
        if case .literal(let text) = template.levels.first, text.hasPrefix("$"), let first = levels.first {
            guard case .literal = first else { return false }
        }
        return Self.meet(levels[...], template.levels[...])
    }

    /// Goes through both from their ends, so that each pair of suffixes is decided once.
    private static func meet(_ left: ArraySlice<Level>, _ right: ArraySlice<Level>) -> Bool {
        var below = [Bool](repeating: false, count: right.count + 1)
        for leftIndex in (0...left.count).reversed() {
            var row = [Bool](repeating: false, count: right.count + 1)
            for rightIndex in (0...right.count).reversed() {
                let leftLevel = leftIndex < left.count ? left[left.startIndex + leftIndex] : nil
                let rightLevel = rightIndex < right.count ? right[right.startIndex + rightIndex] : nil
                switch (leftLevel, rightLevel) {
                case (nil, nil): row[rightIndex] = true
                case (.rest, nil): row[rightIndex] = below[rightIndex]
                case (nil, .rest): row[rightIndex] = row[rightIndex + 1]
                case (.rest, _), (_, .rest): row[rightIndex] = below[rightIndex] || row[rightIndex + 1]
                case (nil, _), (_, nil): row[rightIndex] = false
                case (.any, _), (_, .any): row[rightIndex] = below[rightIndex + 1]
                case (let one, let other): row[rightIndex] = one == other && below[rightIndex + 1]
                }
            }
            below = row
        }
        return below[0]
    }
}
