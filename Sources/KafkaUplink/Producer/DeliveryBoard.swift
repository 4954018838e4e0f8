/// Keeps the delivery reports of the messages that were handed over together, and says what they mean. Pure.
struct DeliveryBoard {
    private enum Mark {
        static let pending = Int32.min
    }

    /// librdkafka's code for each message, in order; those behind the last were not handed over.
    private var codes: [Int32] = []
    /// Messages that no report has come for.
    private(set) var outstanding = 0
    /// Messages that were reported with success.
    private(set) var delivered = 0
    /// Whether one was reported with an error, or not taken.
    private(set) var hasFailure = false
    /// Whether the producer has dropped one that it had taken, or takes none any more.
    private(set) var hasLostMessages = false

    /// Begins with messages of its own; the storage is used again.
    mutating func begin() {
        codes.removeAll(keepingCapacity: true)
        outstanding = 0
        delivered = 0
        hasFailure = false
        hasLostMessages = false
    }

    /// librdkafka has taken the next message.
    mutating func handedOver() {
        codes.append(Mark.pending)
        outstanding += 1
    }

    /// librdkafka does not take the next message; nothing can follow it.
    mutating func notTaken(_ code: KafkaCode) {
        codes.append(code.rawValue)
        hasFailure = true
        if code.isConsequence { hasLostMessages = true }
    }

    /// The report for a message.
    mutating func reported(_ index: Int, _ code: Int32) {
        guard codes.indices.contains(index), codes[index] == Mark.pending else { return }
        codes[index] = code
        outstanding -= 1
        if code == KafkaCode.success.rawValue {
            delivered += 1
        } else {
            hasFailure = true
            hasLostMessages = true
        }
    }

    /// Messages confirmed from the first, without a hole.
    var confirmed: Int { codes.firstIndex { $0 != KafkaCode.success.rawValue } ?? codes.count }

    /// Messages that are refused for what they hold, from the first to the last, and for what.
    var refused: (Range<Int>, KafkaCode, DeliveryReport.Refusal)? {
        var found: (Range<Int>, KafkaCode, DeliveryReport.Refusal)?
        for index in codes.indices {
            let code = KafkaCode(rawValue: codes[index])
            guard codes[index] != Mark.pending, let refusal = code.refusal else { continue }
            guard let earlier = found else {
                found = (index..<(index + 1), code, refusal)
                continue
            }
            // Another kind of refusal comes back when this one is settled.
            if earlier.2 == refusal { found = (earlier.0.lowerBound..<(index + 1), earlier.1, refusal) }
        }
        return found
    }

    /// The first error that says something of itself, not only that something else went wrong.
    var tellingCode: KafkaCode? {
        codes.lazy.filter { $0 != Mark.pending }.map { KafkaCode(rawValue: $0) }
            .first { !$0.isConsequence && $0 != .success }
    }
}
