/// Which topics have an alias on one connection, so that two bytes travel for them (MQTT 5.0, 3.3.2.3.4). Pure
/// bookkeeping: a new connection begins with a new value, because aliases end with the connection.
///
/// A topic gets one when it is published to. When all are given, the least recently used one is given to another
/// topic, but only where it has rested for a while: more topics in turn than there are aliases would take each alias
/// away just before its next use, and pay three bytes for every message instead of saving any.
struct TopicAliases {
    /// How a topic travels.
    enum Choice: Equatable {
        /// By itself.
        case plain
        /// With an alias that stands for it from now on.
        case assign(UInt16)
        /// As its alias alone.
        case use(UInt16)
    }

    /// Bytes of the property that carries an alias. A topic that is not longer saves nothing.
    static let propertySize = 3
    /// Aliases that are kept, however many a server allows: each costs the memory of a topic here and there.
    static let capacityMax = 1000

    private struct Entry {
        var topic: String
        var lastUse: Int
    }

    private let capacity: Int
    /// Entry `n` is alias `n + 1`.
    private var entries: [Entry] = []
    private var indices: [String: Int] = [:]
    /// Messages so far: the clock by which aliases rest.
    private var messages = 0
    /// No alias was last used before this message.
    private var oldestUse = 0

    /// - Parameter maximum: the server's Topic Alias Maximum (MQTT 5.0, 3.2.2.3.8); 0: it takes none.
    init(maximum: UInt16) {
        capacity = min(Int(maximum), Self.capacityMax)
    }

    /// How the topic of the next message travels. Takes no note: see ``published(to:as:)``.
    mutating func choice(for topic: String) -> Choice {
        guard capacity > 0, topic.utf8.count > Self.propertySize else { return .plain }
        if let index = indices[topic] { return .use(UInt16(index + 1)) }
        if entries.count < capacity { return .assign(UInt16(entries.count + 1)) }
        return restingIndex().map { .assign(UInt16($0 + 1)) } ?? .plain
    }

    /// A message is on its way, as was chosen.
    mutating func published(to topic: String, as choice: Choice) {
        messages += 1
        switch choice {
        case .plain: return
        case .use(let alias): entries[Int(alias) - 1].lastUse = messages
        case .assign(let alias):
            let index = Int(alias) - 1
            let entry = Entry(topic: topic, lastUse: messages)
            if index == entries.count {
                entries.append(entry)
            } else {
                indices[entries[index].topic] = nil
                entries[index] = entry
            }
            indices[topic] = index
        }
    }

    /// The alias that has rested for longest, where that is as long as sixteen rounds of all of them.
    private mutating func restingIndex() -> Int? {
        let limit = messages - 16 * capacity
        // Uses only become younger, so there is nothing to look for before the oldest known one is old enough.
        guard oldestUse <= limit else { return nil }
        guard let index = entries.indices.min(by: { entries[$0].lastUse < entries[$1].lastUse }) else { return nil }
        oldestUse = entries[index].lastUse
        return oldestUse <= limit ? index : nil
    }
}
