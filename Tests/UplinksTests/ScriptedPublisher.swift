import MQTTTransport
import Synchronization
import Uplinks

/// A broker in memory that answers each message as the test says.
final class ScriptedPublisher: MessagePublisher {
    /// What becomes of one message.
    enum Answer {
        case confirm
        case refuse(UInt8)
        case tooLarge
        case disconnect
        case drop
        case silence
    }

    private struct State {
        var asked: [MQTTMessage] = []
        var confirmed: [MQTTMessage] = []
        var publishes: [Int] = []
        var isConnected = true
        var isStopped = false
    }

    private let state = Mutex(State())
    private let window: Int
    private let answer: @Sendable (_ message: MQTTMessage, _ confirmedBefore: Int) -> Answer

    /// - Parameter window: messages that are asked for before the first of them is answered.
    init(
        window: Int = 3, isConnected: Bool = true,
        answer: @escaping @Sendable (_ message: MQTTMessage, _ confirmedBefore: Int) -> Answer = { _, _ in .confirm }
    ) {
        self.window = window
        self.answer = answer
        state.withLock { $0.isConnected = isConnected }
    }

    /// Messages that the uplink was told are confirmed.
    var confirmed: [MQTTMessage] { state.withLock { $0.confirmed } }
    /// All messages that were made, confirmed or not.
    var asked: [MQTTMessage] { state.withLock { $0.asked } }
    /// The number of messages of each publish.
    var publishes: [Int] { state.withLock { $0.publishes } }
    var traffic: LinkTraffic { LinkTraffic() }
    var isStopped: Bool { state.withLock { $0.isStopped } }

    func publish(count: Int, _ message: @escaping @Sendable (Int) -> MQTTMessage?) async -> PublishReport {
        guard isConnected else { return PublishReport(confirmed: 0, ending: .disconnected(reason: "never connected")) }
        state.withLock { $0.publishes.append(count) }
        var inFlight: [MQTTMessage] = []
        var next = 0
        var confirmedHere = 0
        var end = count
        while confirmedHere < end {
            while next < end, inFlight.count < window {
                guard let made = message(next) else {
                    end = next
                    break
                }
                state.withLock { $0.asked.append(made) }
                inFlight.append(made)
                next += 1
            }
            if inFlight.isEmpty { break }
            let first = inFlight.removeFirst()
            let before = state.withLock { $0.confirmed.count }
            switch answer(first, before) {
            case .confirm:
                state.withLock { $0.confirmed.append(first) }
                confirmedHere += 1
            case .refuse(let code):
                return PublishReport(
                    confirmed: confirmedHere, ending: .refused(reasonCode: code, reason: "refused with \(code)"))
            case .tooLarge:
                return PublishReport(confirmed: confirmedHere, ending: .unsendable(reason: "too large"))
            case .disconnect:
                return PublishReport(confirmed: confirmedHere, ending: .disconnected(reason: "cut"))
            case .drop:
                return PublishReport(confirmed: confirmedHere, ending: .dropped(reason: "hung up"))
            case .silence:
                return PublishReport(confirmed: confirmedHere, ending: .timedOut)
            }
        }
        return PublishReport(confirmed: confirmedHere, ending: end < count ? .exhausted : .complete)
    }

    var isConnected: Bool { state.withLock { $0.isConnected } }

    func connect() { state.withLock { $0.isConnected = true } }

    func waitUntilConnected() async -> Bool {
        while !isConnected {
            do { try await Task.sleep(for: .milliseconds(2)) } catch { return false }
        }
        return true
    }

    func resume() async { connect() }

    func suspend() async { state.withLock { $0.isConnected = false } }

    func stop() async { state.withLock { $0.isStopped = true } }
}
