/// The messages that were published and not confirmed, in the order of publishing. Pure bookkeeping.
struct AcknowledgementWindow {
    /// How many fit.
    let capacity: Int
    private var slots: [Slot]
    private var head = 0
    private(set) var count = 0

    private struct Slot {
        var packetID: Int32 = 0
        var job = 0
        /// The PUBACK's reason code; nil until it has come.
        var code: UInt8?
        /// What the server says about a refusal.
        var remark: String?
    }

    /// What became of a message.
    struct Answer: Equatable {
        let job: Int
        /// The PUBACK's reason code; 0x80 and above: refused.
        let code: UInt8
        /// What the server says about a refusal.
        var remark: String?
    }

    init(capacity: Int) {
        precondition(capacity > 0, "a window holds at least one message")
        self.capacity = capacity
        slots = Array(repeating: Slot(), count: capacity)
    }

    var hasRoom: Bool { count < capacity }

    var isEmpty: Bool { count == 0 }

    /// Adds a message that was published for `job`.
    mutating func add(packetID: Int32, job: Int) {
        precondition(hasRoom, "the window is full")
        slots[index(of: count)] = Slot(packetID: packetID, job: job, code: nil)
        count += 1
    }

    /// Notes a PUBACK. A packet identifier that nobody waits for is ignored: false.
    mutating func acknowledge(packetID: Int32, code: UInt8, remark: String? = nil) -> Bool {
        // Servers answer in order (MQTT 5.0, 4.6), so the first slot is nearly always the one.
        for offset in 0..<count {
            let index = index(of: offset)
            if slots[index].packetID == packetID, slots[index].code == nil {
                slots[index].code = code
                slots[index].remark = remark
                return true
            }
        }
        return false
    }

    /// Takes the oldest message out when it has been answered; later answers wait for earlier ones.
    mutating func takeAnswered() -> Answer? {
        guard count > 0, let code = slots[head].code else { return nil }
        let answer = Answer(job: slots[head].job, code: code, remark: slots[head].remark)
        head = index(of: 1)
        count -= 1
        return answer
    }

    private func index(of offset: Int) -> Int {
        let index = head + offset
        return index < capacity ? index : index - capacity
    }
}
