/// Topic names and topic filters (OASIS MQTT 5.0, section 4.7): which are valid, and which filter matches which name.
public struct MQTTTopicFilter: Sendable, Hashable, CustomStringConvertible {
    /// The filter as it is written in a SUBSCRIBE, `$share/<group>/` included.
    public let text: String

    /// Nil where the filter is not valid, see ``isValid(_:)``.
    public init?(_ text: String) {
        guard Self.isValid(text) else { return nil }
        self.text = text
    }

    /// The filter's text.
    public var description: String { text }

    /// Whether messages to `topic` are delivered to a subscription with this filter (4.7.1, 4.7.2).
    ///
    /// The `$share/<group>/` of a shared subscription is ignored. A filter that begins with a wildcard matches no topic
    /// that begins with `$`.
    public func matches(_ topic: String) -> Bool {
        var topic = topic
        return topic.withUTF8 { matches(topic: $0) }
    }

    /// As ``matches(_:)``, on the bytes of a topic name in UTF-8.
    func matches(topic: UnsafeBufferPointer<UInt8>) -> Bool {
        var filter = text
        return filter.withUTF8 { bytes in
            Self.matches(filter: bytes, from: Self.sharedPrefixLength(of: bytes), topic: topic)
        }
    }

    /// Whether a message can be published to `topic`: 1 to 65,535 bytes, no wildcard, no U+0000 (4.7.3).
    ///
    /// Control characters are refused as well: a broker may close the connection over them (1.5.4), and libmosquitto
    /// does not send them.
    public static func isValidTopic(_ topic: String) -> Bool {
        let length = topic.utf8.count
        guard length >= 1, length <= 65_535 else { return false }
        return topic.utf8.allSatisfy { $0 != plus && $0 != hash } && hasNoControlCharacters(topic)
    }

    /// Whether `filter` can be subscribed to: 1 to 65,535 bytes, `+` and `#` only as whole levels, `#` only as the last
    /// one, no control characters (4.7.1, 4.7.3); after `$share/`, a group without wildcards and a filter (4.8.2).
    public static func isValid(_ filter: String) -> Bool {
        let length = filter.utf8.count
        guard length >= 1, length <= 65_535, hasNoControlCharacters(filter) else { return false }
        var levels = filter.utf8.split(separator: slash, omittingEmptySubsequences: false)
        if levels[0].elementsEqual("$share".utf8) {
            guard levels.count >= 3, !levels[1].isEmpty, !levels[1].contains(plus), !levels[1].contains(hash) else {
                return false
            }
            levels.removeFirst(2)
            // "$share/group/" would subscribe to the empty filter.
            if levels.count == 1, levels[0].isEmpty { return false }
        }
        for (index, level) in levels.enumerated() {
            if level.contains(plus), level.count > 1 { return false }
            if level.contains(hash), level.count > 1 || index != levels.count - 1 { return false }
        }
        return true
    }

    private static let slash = UInt8(ascii: "/")
    private static let plus = UInt8(ascii: "+")
    private static let hash = UInt8(ascii: "#")
    private static let dollar = UInt8(ascii: "$")

    /// Whether `text` has no control characters.
    static func isPlainText(_ text: String) -> Bool { hasNoControlCharacters(text) }

    private static func hasNoControlCharacters(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            !(scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value))
        }
    }

    private static func sharedPrefixLength(of filter: UnsafeBufferPointer<UInt8>) -> Int {
        guard filter.starts(with: "$share/".utf8) else { return 0 }
        guard let end = filter[7...].firstIndex(of: slash) else { return 0 }
        return end + 1
    }

    private static func matches(
        filter: UnsafeBufferPointer<UInt8>, from start: Int, topic: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        guard !topic.isEmpty else { return false }
        var filterIndex = start
        var topicIndex = 0
        if topic.first == dollar, filterIndex < filter.count, filter[filterIndex] != dollar { return false }
        while filterIndex < filter.count {
            switch filter[filterIndex] {
            case hash:
                return true
            case plus:
                while topicIndex < topic.count, topic[topicIndex] != slash { topicIndex += 1 }
                filterIndex += 1
            case let byte:
                guard topicIndex < topic.count else {
                    // "sport/#" also matches "sport": the number sign includes the parent level.
                    return byte == slash && filterIndex + 2 == filter.count && filter[filterIndex + 1] == hash
                }
                guard topic[topicIndex] == byte else { return false }
                topicIndex += 1
                filterIndex += 1
                continue
            }
            // After "+" both must be at a separator or at their end.
            if filterIndex == filter.count { return topicIndex == topic.count }
            if topicIndex == topic.count {
                return filterIndex + 2 == filter.count && filter[filterIndex] == slash
                    && filter[filterIndex + 1] == hash
            }
        }
        return topicIndex == topic.count
    }
}
