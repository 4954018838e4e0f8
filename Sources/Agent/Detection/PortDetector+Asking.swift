import DeviceProfiles
import Records
import SerialIO
import Synchronization

/// Asking: one request after the other, each once, and only what profiles mark as safe.
extension PortDetector {
    /// Asks one question of each profile, and the rest of those that were answered.
    func ask(_ port: PortName, _ round: DetectionPlan.PollingRound) async throws -> [DetectionCandidate] {
        var asked = round.profiles.compactMap { profile in
            profile.safeDevice.map { AskedProfile(profile: profile, device: $0) }
        }
        try await ask(&asked, requests: { $0.prefix(1) }, port, round)
        asked.removeAll { !$0.hasAnswered }
        guard !asked.isEmpty else { return [] }
        for index in asked.indices { asked[index].forget() }
        try await ask(&asked, requests: { $0[...] }, port, round)
        return asked.compactMap { $0.candidate(settings: round.settings, framing: round.framing) }
    }

    /// Sends requests of each profile until each was sent once.
    private func ask(
        _ asked: inout [AskedProfile], requests: ([PollRequest]) -> ArraySlice<PollRequest>, _ port: PortName,
        _ round: DetectionPlan.PollingRound
    ) async throws {
        let devices = asked.map { asked in
            var device = asked.device
            device.requests = Array(requests(device.requests))
            return device
        }
        var settings = round.settings
        settings.wantsLowLatency = true
        var line = BusLine(settings: settings)
        line.gap = round.profiles.map(\.link.gap).max() ?? .zero
        let ledger = PollLedger(devices: devices.count)
        let answers = AnswerBook()
        let reader = try SerialReader(
            port: port, settings: settings, framer: FrameCutter(round.framing),
            script: BusMaster(devices: devices, line: line, ledger: ledger), receiver: answers, clock: clock,
            tree: tree)
        // The time on the line of an answer without an end, and what a busy machine adds.
        let spare = settings.time(ofCharacters: 1024) + .milliseconds(500)
        let limit = devices.flatMap(\.requests).reduce(Duration.seconds(2)) { $0 + $1.timeout + spare }
        try await reader.whileRunning {
            let deadline = ContinuousClock.now + limit
            while ContinuousClock.now < deadline {
                try await Task.sleep(for: Self.interval)
                _ = try Self.isOpen(answers.state, port)
                let counts = ledger.current.devices
                let isDone = zip(counts, devices).allSatisfy { counts, device in
                    let over = counts.replies + counts.exceptions + counts.timeouts
                    return counts.requests >= device.requests.count && over == counts.requests
                }
                if isDone { break }
            }
        }
        for (request, content) in answers.frames { asked[request.device].take(content, request: request.request) }
    }
}

/// What answers came.
private final class AnswerBook: SerialReceiver {
    private let book = Mutex<(state: SerialPortState?, frames: [(RequestID, [UInt8])])>((nil, []))

    /// Answers of one round: a meter may send dozens.
    private static let framesMax = 1024

    var state: SerialPortState? { book.withLock { $0.state } }
    var frames: [(RequestID, [UInt8])] { book.withLock { $0.frames } }

    func received(frame: ArraySlice<UInt8>, bootMilliseconds: Int64) {}

    func received(frame: ArraySlice<UInt8>, answering request: RequestID?, bootMilliseconds: Int64) {
        guard let request else { return }
        book.withLock { if $0.frames.count < Self.framesMax { $0.frames.append((request, Array(frame))) } }
    }

    func skipped(bytes: Int, reason: FrameProblem) {}

    func stateChanged(_ state: SerialPortState) { book.withLock { $0.state = state } }
}

/// A profile whose requests were sent, and what the answers mean by it. Pure.
struct AskedProfile: Sendable {
    let profile: Profile
    let device: PolledDevice
    /// Answers that gave readings.
    private(set) var frames = 0
    private var answered: Set<Int> = []
    private var errors = 0
    private var weight = 0
    private var isImplausible = false
    private var readings: [Reading] = []
    private let decoder: ProfileDecoder

    init(profile: Profile, device: PolledDevice) {
        self.profile = profile
        self.device = device
        decoder = ProfileDecoder(profile)
    }

    /// Whether it got an answer that it understands.
    var hasAnswered: Bool { !answered.isEmpty }

    /// Takes the answer to a request.
    mutating func take(_ content: [UInt8], request: Int) {
        let frame = decoder.decode(content[...], request: device.requestBytes(request))
        guard case .decoded = frame.verdict else {
            errors += 1
            return
        }
        answered.insert(request)
        // What no such device can measure comes from another one.
        if frame.withheld.contains(where: { $0.reason == .implausible || $0.reason == .invalid }) {
            isImplausible = true
        }
        guard !frame.readings.isEmpty else { return }
        frames += 1
        weight += content.count
        readings += frame.readings
    }

    /// Forgets the answers, to ask anew.
    mutating func forget() { self = AskedProfile(profile: profile, device: device) }

    /// What it says of itself; nil where it is none.
    func candidate(settings: SerialSettings, framing: FramingRule) -> DetectionCandidate? {
        guard frames > 0, !isImplausible else { return nil }
        return DetectionCandidate(
            profile: profile, settings: settings, isProven: framing.isProven, wasAsked: true, frames: frames,
            errors: errors, unanswered: device.requests.count - answered.count, readings: readings, weight: weight)
    }
}
