import DeviceProfiles
import Records
import SerialIO

/// Finds out which profile fits the device at a port: listens at the likely settings of the line, and then, where that
/// is allowed, asks what harms nothing. Nothing else is ever sent.
public struct PortDetector: Sendable {
    /// What it is about to do.
    public enum Step: Sendable {
        case listening(SerialSettings, profiles: Int)
        case asking(SerialSettings, profiles: Int)
        /// The port cannot be set so; it goes on with the next settings.
        case refused(SerialSettings, reason: String)
    }

    /// Why a port could not be listened to at all.
    public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// It is not plugged in, or was unplugged.
        case absent(PortName)
        /// It cannot be opened, or takes none of the settings.
        case unavailable(PortName, reason: String)

        /// What is the matter.
        public var description: String {
            switch self {
            case .absent(let port): "\(port) is not there"
            case .unavailable(let port, let reason): "\(port) cannot be used: \(reason)"
            }
        }
    }

    let clock: any GatewayClock
    let tree: DeviceTree
    private let plan: DetectionPlan
    private let listening: Duration
    private let asks: Bool

    /// How often it is looked what has come.
    static let interval = Duration.milliseconds(50)
    /// A line of which this many settings have brought not one byte is silent: at a wrong speed bytes come too, if
    /// wrong ones. The other settings then get a third of the time.
    private static let silentRounds = 2
    /// What belongs together comes together: at least so long it is listened for profiles that fit as well.
    private static let settledTime = Duration.seconds(1)
    /// Bytes kept of what fits no profile.
    private static let strangersMax = 4096

    /// A detector.
    ///
    /// - Parameters:
    ///   - profiles: what may be found.
    ///   - listening: how long it listens at each setting of the line.
    ///   - asks: whether the profiles' safe requests are sent where listening finds nothing.
    public init(
        profiles: [Profile], listening: Duration = .seconds(3), asks: Bool, clock: any GatewayClock = SystemClock(),
        tree: DeviceTree = DeviceTree()
    ) {
        plan = DetectionPlan(profiles)
        self.listening = listening
        self.asks = asks
        self.clock = clock
        self.tree = tree
    }

    /// Finds out what is at a port. It is held meanwhile.
    ///
    /// - Throws: ``Failure`` where the port cannot be used; `CancellationError`; ``SerialIO/SerialPortError`` where the
    ///   system gives no thread or descriptor.
    public func detect(
        _ port: PortName, onStep: @Sendable (Step) -> Void = { _ in }
    ) async throws -> Detection {
        var progress = Progress()
        for round in plan.listening {
            onStep(.listening(round.settings, profiles: round.profiles.count))
            let found = try await listen(port, round, &progress, onStep)
            if !found.isEmpty { return Detection(candidates: found) }
        }
        for round in asks ? plan.polling : [] {
            onStep(.asking(round.settings, profiles: round.profiles.count))
            do {
                let found = try await ask(port, round)
                progress.hasOpened = true
                if !found.isEmpty { return Detection(candidates: found) }
            } catch Failure.unavailable(let port, let reason) {
                progress.refuse(port, reason)
                onStep(.refused(round.settings, reason: reason))
            }
        }
        if !progress.hasOpened, let refusal = progress.refusal { throw refusal }
        return Detection(candidates: [], strangers: progress.strangers)
    }

    /// What is known on the way.
    private struct Progress {
        var hasOpened = false
        var refusal: Failure?
        var silentRounds = 0
        var strangers: [HeardBytes] = []

        mutating func refuse(_ port: PortName, _ reason: String) {
            if refusal == nil { refusal = .unavailable(port, reason: reason) }
        }
    }

    /// Listens at one setting; a driver that refuses it is no reason not to try the next.
    private func listen(
        _ port: PortName, _ round: DetectionPlan.ListeningRound, _ progress: inout Progress,
        _ onStep: (Step) -> Void
    ) async throws -> [DetectionCandidate] {
        var time = listening
        if progress.silentRounds >= Self.silentRounds { time /= 3 }
        // What restarts when its port is opened does so once: DTR stays when the port is closed.
        if !progress.hasOpened { time += round.profiles.map(\.link.settings.settle).max() ?? .zero }
        do {
            let (trials, bytes) = try await hear(port, round, for: time)
            progress.hasOpened = true
            // As soon as anything was heard, silence is nothing to go by.
            if bytes.isEmpty, progress.strangers.isEmpty {
                progress.silentRounds += 1
            } else {
                progress.silentRounds = 0
            }
            if let heard = HeardBytes(bytes, settings: round.settings) { progress.strangers.append(heard) }
            return trials.filter(\.fits).map { $0.candidate(settings: round.settings) }
        } catch Failure.unavailable(let port, let reason) {
            progress.refuse(port, reason)
            onStep(.refused(round.settings, reason: reason))
            return []
        }
    }

    /// Tries all profiles of a round on what comes.
    private func hear(
        _ port: PortName, _ round: DetectionPlan.ListeningRound, for time: Duration
    ) async throws -> (trials: [ProfileTrial], bytes: [UInt8]) {
        let ear = LineEar()
        let reader = try SerialReader(
            port: port, settings: round.settings, framer: ear.framer, receiver: ear, clock: clock, tree: tree)
        return try await reader.whileRunning {
            var trials = round.profiles.map { ProfileTrial($0) }
            var kept: [UInt8] = []
            var firstByte: ContinuousClock.Instant?
            var deadline: ContinuousClock.Instant?
            while deadline.map({ .now < $0 }) ?? true {
                try await Task.sleep(for: Self.interval)
                let heard = ear.take()
                guard try Self.isOpen(heard.state, port) else { continue }
                if deadline == nil { deadline = .now + time }
                if heard.isMidstream { for index in trials.indices { trials[index].beginMidstream() } }
                guard !heard.bytes.isEmpty else { continue }
                firstByte = firstByte ?? .now
                kept += heard.bytes.prefix(Self.strangersMax - kept.count)
                for index in trials.indices { trials[index].hear(heard.bytes) }
                let isSettled = firstByte.map { .now - $0 >= Self.settledTime } ?? false
                if isSettled, trials.contains(where: \.isSettled) { break }
            }
            return (trials, kept)
        }
    }

    /// Whether the port is open by now.
    ///
    /// - Throws: ``Failure`` where it never will be.
    static func isOpen(_ state: SerialPortState?, _ port: PortName) throws(Failure) -> Bool {
        switch state {
        case nil: return false
        case .open: return true
        case .absent: throw .absent(port)
        case .unavailable(let reason): throw .unavailable(port, reason: reason)
        }
    }
}

extension SerialReader {
    /// Runs the reader for as long as `body` does.
    func whileRunning<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        try start()
        do {
            let value = try await body()
            await stop()
            return value
        } catch {
            await stop()
            throw error
        }
    }
}
