import Records

/// What a destination allows topics to be, besides what MQTT itself does. Where one ends the connection over a topic,
/// a single record would otherwise hold up all behind it for ever.
public struct TopicLimits: Hashable, Sendable {
    /// Bytes of a topic.
    public var sizeMax: Int
    /// Levels of a topic; nil: any number.
    public var levelsMax: Int?
    /// Levels that do not count, where a topic begins with them: `$aws/rules/` and the rule's name.
    public var freePrefix: String?

    /// What MQTT allows, unless said otherwise.
    public init(sizeMax: Int = Limits.topicSizeMax, levelsMax: Int? = nil, freePrefix: String? = nil) {
        self.sizeMax = sizeMax
        self.levelsMax = levelsMax
        self.freePrefix = freePrefix
    }

    /// What is wrong with a topic of so many bytes.
    func problem(withLength length: Int) -> String? {
        if length == 0 { return "it has no topic" }
        if length > sizeMax { return "its topic would have \(length) bytes; \(sizeMax) are allowed" }
        return nil
    }

    /// What is wrong with the number of a topic's levels.
    func problem(withLevelsOf topic: String) -> String? {
        guard let levelsMax else { return nil }
        let levels = levels(of: topic)
        return levels > levelsMax ? "its topic '\(topic)' has \(levels) levels; \(levelsMax) are allowed" : nil
    }

    /// The levels of a topic that count.
    public func levels(of topic: String) -> Int {
        let slash = UInt8(ascii: "/")
        let levels = topic.utf8.count { $0 == slash } + 1
        guard let freePrefix, topic.hasPrefix(freePrefix) else { return levels }
        // The prefix's own levels, and the name that follows it.
        return max(1, levels - freePrefix.utf8.count { $0 == slash } - 1)
    }
}
