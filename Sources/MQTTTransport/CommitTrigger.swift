/// Decides when what was received is committed: a full window, enough bytes, or the oldest message is old enough.
///
/// A window is full when the broker sends no more before it sees acknowledgements. How many messages that takes is
/// known in MQTT 5 (our Receive Maximum, unless the broker has a lower limit of its own) and unknown in 3.1.1. A window
/// that is smaller than assumed would cost a whole `linger` per commit, so it is learned: when batches of the same size
/// arrive right after the acknowledgements and then nothing until the linger ends, three times in a row, that size is
/// the window.
struct CommitTrigger {
    /// Messages that make a batch due.
    let messagesDue: Int
    /// Messages that one batch may hold at most.
    let messagesMax: Int
    /// Payload bytes that make a batch due; reading stops there.
    let bytesDue: Int
    let linger: Duration

    private(set) var learnedWindow: Int?
    private var lastSize = 0
    private var repetitions = 0

    init(version: MQTTConfiguration.ProtocolVersion, receiveMaximum: Int, linger: Duration, bytesDue: Int = 256 << 10) {
        switch version {
        case .v5:
            // Half of the window: the broker sends the other half while we commit.
            messagesDue = max(1, receiveMaximum / 2)
            messagesMax = messagesDue
        case .v311:
            // mosquitto's default for max_inflight_messages. Whatever is readable beyond it belongs to the batch too.
            messagesDue = min(20, max(1, receiveMaximum))
            messagesMax = max(messagesDue, receiveMaximum)
        }
        self.bytesDue = bytesDue
        self.linger = linger
    }

    /// Whether reading goes on before the batch is committed.
    func hasRoom(messages: Int, bytes: Int) -> Bool {
        messages < messagesMax && bytes < bytesDue
    }

    /// Whether a batch is committed now. Asked when nothing more can be read at once, or there is no room.
    func isDue(messages: Int, bytes: Int, age: Duration) -> Bool {
        guard messages > 0 else { return false }
        if messages >= messagesDue || bytes >= bytesDue || age >= linger { return true }
        return messages == learnedWindow
    }

    /// Learns from a committed batch.
    ///
    /// - Parameters:
    ///   - wait: from the last acknowledgements to the first message of the batch.
    ///   - spread: from its first message to its last.
    ///   - age: of its first message when the batch was committed.
    mutating func committed(messages: Int, wait: Duration, spread: Duration, age: Duration) {
        let isPaced = wait <= linger / 4
        if let window = learnedWindow {
            if !isPaced || messages != window { forget() }
            return
        }
        let isQuiet = age >= linger && spread <= linger / 4
        guard isPaced, isQuiet, messages < messagesDue else {
            forget()
            return
        }
        repetitions = messages == lastSize ? repetitions + 1 : 1
        lastSize = messages
        if repetitions >= 3 { learnedWindow = messages }
    }

    /// A new connection may have a new window.
    mutating func forget() {
        learnedWindow = nil
        lastSize = 0
        repetitions = 0
    }
}
