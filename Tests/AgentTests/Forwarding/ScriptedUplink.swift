import Records
import Synchronization
import Uplinks

/// A destination that answers as a test says, and remembers what it confirmed.
final class ScriptedUplink: Uplink {
    /// What a consumer sees of it.
    enum Event: Equatable {
        case record(RecordIdentity, previous: SequenceNumber?, RecordBatch.Delivery)
        case loss(LossIdentity, LostRange.Reason)
    }

    private struct State {
        var events: [Event] = []
        var answer: @Sendable (RecordBatch) -> Answer
        var payloads: [String] = []
        var historical: Set<String> = []
        var losses: [LostRange] = []
        var calls = 0
        var isClosed = false
        var link: [String] = []
        var traffic = LinkTraffic()
    }

    enum Answer {
        /// All of it.
        case confirm
        /// Up to this sequence number.
        case confirmThrough(UInt64)
        case retry(String)
        /// Only a person can mend it.
        case alarm(String)
        case reject(UInt64)
        /// None, until the task is cancelled.
        case nothing
    }

    private let state: Mutex<State>
    private let sendSize: UInt64

    /// - Parameter sendSize: what each send moves over the wire.
    init(sendSize: UInt64 = 0, _ answer: @escaping @Sendable (RecordBatch) -> Answer = { _ in .confirm }) {
        state = Mutex(State(answer: answer))
        self.sendSize = sendSize
    }

    /// The payloads of the records that were confirmed, in the order of the confirmations.
    var payloads: [String] { state.withLock(\.payloads) }
    /// Those of them that came marked as a backlog.
    var historical: Set<String> { state.withLock(\.historical) }
    /// Everything that was confirmed, in order.
    var events: [Event] { state.withLock(\.events) }
    var losses: [LostRange] { state.withLock(\.losses) }
    var calls: Int { state.withLock(\.calls) }
    /// What it was told of its link: `resume`, `suspend`, in this order.
    var link: [String] { state.withLock(\.link) }
    var isClosed: Bool { state.withLock(\.isClosed) }

    func answer(_ answer: @escaping @Sendable (RecordBatch) -> Answer) { state.withLock { $0.answer = answer } }

    func send(_ batch: RecordBatch) async -> DeliveryOutcome {
        let answer = state.withLock { state in
            state.calls += 1
            state.traffic.bytesSent += sendSize
            return state.answer(batch)
        }
        switch answer {
        case .confirm:
            return confirmed(batch, through: batch.last)
        case .confirmThrough(let sequence):
            return confirmed(batch, through: SequenceNumber(sequence))
        case .retry(let reason):
            return .retry(after: nil, reason: reason, isAlarm: false)
        case .alarm(let reason):
            return .retry(after: nil, reason: reason, isAlarm: true)
        case .reject(let sequence):
            // What comes before it is confirmed, as a broker would have.
            _ = confirmed(batch, through: SequenceNumber(sequence - 1))
            return .reject(SequenceNumber(sequence), reason: "no such thing here")
        case .nothing:
            // Cancellation is what ends it.
            try? await Task.sleep(for: .seconds(3600))
            return .retry(after: nil, reason: "cancelled", isAlarm: false)
        }
    }

    func send(_ loss: LostRange) async -> DeliveryOutcome {
        state.withLock { state in
            state.losses.append(loss)
            state.events.append(.loss(LossIdentity(gateway: GatewayID("gw")!, loss: loss), loss.reason))
        }
        return .acknowledged(through: loss.last)
    }

    var traffic: LinkTraffic { state.withLock(\.traffic) }

    func resume() async { state.withLock { $0.link.append("resume") } }

    func suspend() async { state.withLock { $0.link.append("suspend") } }

    func close() async { state.withLock { $0.isClosed = true } }

    private func confirmed(_ batch: RecordBatch, through last: SequenceNumber) -> DeliveryOutcome {
        let records = batch.records.filter { $0.sequence <= last }
        let texts = records.map { String(decoding: $0.payload, as: UTF8.self) }
        state.withLock { state in
            state.events += records.map {
                .record(batch.identity(of: $0), previous: batch.previous(of: $0), batch.delivery)
            }
            state.payloads += texts
            if batch.delivery == .historical { state.historical.formUnion(texts) }
        }
        return .acknowledged(through: last)
    }
}
