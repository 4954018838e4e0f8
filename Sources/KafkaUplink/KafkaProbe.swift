import Records

/// Tries whether a cluster can be reached and lets us in, without sending anything to a topic.
public enum KafkaProbe {
    /// What a cluster answered.
    public struct Answer: Sendable {
        /// `HOST:PORT` of all brokers.
        public var brokers: [String]
        /// Topics that it lets us see; nil where it does not say.
        public var topics: Set<String>?

        /// Of a cluster that was not asked.
        public init(brokers: [String] = [], topics: Set<String>? = nil) {
            self.brokers = brokers
            self.topics = topics
        }
    }

    /// Connects, logs in, and asks for the brokers and topics. Blocks, for `limit` and a second at most.
    ///
    /// - Throws: ``KafkaError`` with what librdkafka has against the settings, or what keeps us out.
    public static func ask(_ configuration: KafkaConfiguration, within limit: Duration) throws(KafkaError) -> Answer {
        let handle = try KafkaHandle(
            configuration, batchSize: configuration.messageSizeMax.rawValue, sockets: OpenSockets(), onWork: {})
        defer { handle.end() }
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            handle.serve()
            let brokers = handle.brokerNames()
            if !brokers.isEmpty { return Answer(brokers: brokers, topics: handle.topicNames()) }
            handle.serve()
            if handle.events.isShutOut, let problem = handle.events.lastProblem {
                throw KafkaError(.unreachable, "\(configuration.address): \(problem.reason)")
            }
        }
        let reason = handle.events.lastProblem?.reason ?? "no broker answered"
        throw KafkaError(.unreachable, "\(configuration.address): \(reason)")
    }
}
