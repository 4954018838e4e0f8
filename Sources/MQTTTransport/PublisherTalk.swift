/// The conversation of one connection: what waits to be said, and what was subscribed to.
struct PublisherTalk {
    /// Stands in the window for messages that no job has asked for.
    static let jobNumber = 0

    private let conversation: any MQTTConversation
    private var waiting: [MQTTMessage] = []
    private var said = 0
    private var unanswered: [Int32: String] = [:]
    /// Why the connection is to be ended in order.
    private(set) var farewell: String?
    /// The topic of the message that was said last; empty before.
    private(set) var topicSaid = ""

    /// Whether the connection is of no use without what is said.
    var isEssential: Bool { conversation.isEssential }

    init(_ conversation: any MQTTConversation) {
        self.conversation = conversation
    }

    /// Whether something waits to be said.
    var hasMore: Bool { said < waiting.count }

    /// What is to be said next.
    mutating func next() -> MQTTMessage? {
        guard hasMore else { return nil }
        defer { said += 1 }
        topicSaid = waiting[said].topic
        return waiting[said]
    }

    /// The connection is open: subscribes, and asks what comes first. Gives what must be told of a refusal.
    mutating func open(through handle: MosquittoHandle) -> MQTTConnectionEvent? {
        var refusal: MQTTConnectionEvent?
        for subscription in conversation.subscriptions {
            switch handle.subscribe(subscription) {
            case .success(let packetID): unanswered[packetID] = subscription.filter
            case .failure(let code): refusal = .subscriptionRefused(filter: subscription.filter, reason: code.text)
            }
        }
        say(conversation.opened())
        return refusal
    }

    /// A message has come in.
    mutating func hear(topic: RawSpan, payload: RawSpan) {
        let topic = topic.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        switch conversation.received(topic: topic, payload: payload.withUnsafeBytes { Array($0) }) {
        case .say(let messages): say(messages)
        case .leave(let reason): farewell = reason
        }
    }

    /// What to say before the connection ends.
    mutating func lastWords() -> [MQTTMessage] { conversation.closing() }

    /// Takes note of a SUBACK; gives what must be told about it.
    mutating func granted(packetID: Int32, code: Int32) -> MQTTConnectionEvent? {
        guard let filter = unanswered.removeValue(forKey: packetID), code >= 0x80 else { return nil }
        return .subscriptionRefused(filter: filter, reason: MosquittoCode.reasonText(code))
    }

    private mutating func say(_ messages: [MQTTMessage]) {
        waiting = Array(waiting[said...]) + messages
        said = 0
    }
}
