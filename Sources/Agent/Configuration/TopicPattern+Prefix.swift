/// What becomes of topics whose beginning is removed.
extension TopicPattern {
    /// Whether every topic that the other filter matches is matched by this one too; both are patterns of filters.
    func covers(_ other: TopicPattern) -> Bool {
        if let first = levels.first, first == .any || first == .rest, case .literal(let text)? = other.levels.first,
            text.hasPrefix("$")
        {
            return false
        }
        for (index, level) in levels.enumerated() {
            if level == .rest { return true }
            guard index < other.levels.count else { return false }
            switch (level, other.levels[index]) {
            case (.any, .any), (.any, .literal): continue
            case (.literal(let one), .literal(let another)) where one == another: continue
            default: return false
            }
        }
        return other.levels.count == levels.count
    }

    /// The topics of a filter as they are when a prefix is removed from those that begin with it; the others, where
    /// there can be any, as they are. Together they may be more than there can be, never less.
    func removing(prefix: String) -> [TopicPattern] {
        guard !prefix.isEmpty else { return [self] }
        let parts = prefix.split(separator: "/", omittingEmptySubsequences: false)
        var isForced = true
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            guard index < levels.count else { return [self] }
            switch levels[index] {
            case .literal(let text):
                if isLast {
                    guard text.hasPrefix(part) else { return [self] }
                    let remainder = Level.literal(String(text.dropFirst(part.count)))
                    let removed = TopicPattern(levels: [remainder] + levels[(index + 1)...])
                    return isForced ? [removed] : [removed, self]
                }
                guard text == part else { return [self] }
            case .any:
                if isLast {
                    let removed = TopicPattern(levels: Array(levels[index...]))
                    return isForced && part.isEmpty ? [removed] : [removed, self]
                }
                isForced = false
            case .rest:
                // `local/#` matches `local` too, which does not begin with `local/`.
                let isWhole = isForced && isLast && part.isEmpty
                let kept = isWhole ? TopicPattern(levels: Array(levels[..<index])) : self
                return [TopicPattern(levels: [.any, .rest]), kept]
            }
        }
        return [self]
    }
}
