/// What librdkafka tells of a producer beside the delivery reports. Filled by callbacks on the thread that polls.
struct ProducerEvents {
    /// Why the producer cannot go on; the first that was told.
    var fatal: (code: KafkaCode, reason: String)?
    /// What was last heard of trouble with a broker.
    var lastProblem: (code: KafkaCode, reason: String)?
    /// Whether no broker lets us in or can be reached, as far as was heard.
    var isShutOut = false
    /// Troubles since they were last told of, at most one of each text.
    var untold: [String] = []

    /// Takes note of a trouble.
    mutating func happened(_ code: KafkaCode, _ reason: String) {
        if code.isAllBrokersDown {
            isShutOut = true
            // What is wrong with each of them says more.
            if lastProblem == nil { lastProblem = (code, reason) }
            return
        }
        if code.isAccessProblem { isShutOut = true }
        lastProblem = (code, reason)
        if !untold.contains(reason), untold.count < Self.untoldMax { untold.append(reason) }
    }

    /// Something keeps us out for good, until a person has mended it.
    mutating func shutOut(_ code: KafkaCode, _ reason: String) {
        happened(code, reason)
        isShutOut = true
    }

    /// A record was confirmed: what was wrong is over.
    mutating func recovered() {
        isShutOut = false
        lastProblem = nil
    }

    private static let untoldMax = 16
}
