import DeviceProfiles
import Simulation
import Synchronization

/// A device made of software that speaks as its profile says: it pushes the frames of the profile's samples, or answers
/// requests with them; a Modbus device answers any read from a table of registers.
///
/// It is heard on a ``SimulatedLine``. Faults are switched, and values set, while it runs.
public final class SimulatedDevice: Sendable {
    /// Its name, for people and tests.
    public let name: String
    /// How it speaks.
    public let profile: Profile
    /// Whether it says something without being asked.
    public let speaksByItself: Bool
    /// The time from one frame that it says by itself to the next, and from one of its values to the next.
    public let interval: Duration
    private let course: [[String: Double]]
    private let state: Mutex<State>

    private struct State {
        var conversation: any DeviceConversation
        var fault: LineFault?
        var due = ContinuousClock.now
        var turns = 0
        var sent = 0
        var requests = 0
    }

    /// What goes out on the line.
    struct Speech: Equatable {
        var bytes: [UInt8]
        /// Between two bytes.
        var pause = Duration.zero
        /// Before the first byte.
        var delay = Duration.zero
        /// Whether it counts as a frame that was sent well.
        var isWhole = true
    }

    /// A device that is well.
    ///
    /// - Parameters:
    ///   - parameters: the profile's parameters by name; those that are not given have their defaults.
    ///   - interval: how often it speaks by itself, and how often its values change.
    ///   - speaksByItself: for devices that do either; nil for what the profile says: those that are polled do not.
    ///   - course: what it measures, one set of values after the other, then from the beginning again. What is not in it
    ///     stays as the profile's samples have it.
    /// - Throws: ``SimulationError`` where the profile has no sample that would be of use, or where the course names a
    ///   value that cannot be put into the device's bytes.
    public init(
        _ name: String, profile: Profile, parameters: [String: String] = [:], every interval: Duration = .seconds(1),
        speaksByItself: Bool? = nil, course: [[String: Double]] = []
    ) throws(SimulationError) {
        precondition(interval > .zero, "a device has an interval")
        self.name = name
        self.profile = profile
        self.interval = interval
        self.course = course
        var conversation = try Self.conversation(profile, parameters, speaksByItself: speaksByItself)
        for (field, value) in course.first ?? [:] where !conversation.set(value, of: field) {
            throw SimulationError("\(profile.name): \(field) cannot be set to \(value)")
        }
        var probe = conversation
        self.speaksByItself = probe.spoken() != nil
        state = Mutex(State(conversation: conversation))
    }

    /// Makes it faulty from the next frame on; nil makes it well.
    public func set(_ fault: LineFault?) { state.withLock { $0.fault = fault } }

    /// Sets what it measures from now on, in the profile's units. Returns false where the device cannot say such a value.
    @discardableResult
    public func set(_ value: Double, of field: String) -> Bool {
        state.withLock { $0.conversation.set(value, of: field) }
    }

    /// How many whole frames it has sent, answers included.
    public var sentCount: Int { state.withLock { $0.sent } }

    /// How many requests were for it.
    public var requestCount: Int { state.withLock { $0.requests } }

    /// How many intervals have begun: the values in force are those of the turn before.
    public var turnCount: Int { state.withLock { $0.turns } }

    // MARK: The line

    /// When the next turn is due.
    var due: ContinuousClock.Instant { state.withLock { $0.due } }

    /// Begins its first turn now.
    func begin(at now: ContinuousClock.Instant) { state.withLock { $0.due = now } }

    /// What it says by itself, where its turn is due; nil for nothing.
    func turn(at now: ContinuousClock.Instant) -> Speech? {
        state.withLock { state in
            guard now >= state.due else { return nil }
            // A machine that was busy does not make the device hurry afterwards.
            state.due = max(state.due + interval, now)
            if !course.isEmpty {
                for (field, value) in course[state.turns % course.count] {
                    // Its names were found settable; a value that is out of the type's range leaves the last one.
                    _ = state.conversation.set(value, of: field)
                }
            }
            state.turns += 1
            guard let bytes = state.conversation.spoken() else { return nil }
            return Self.speech(bytes, to: nil, fault: state.fault, state.conversation)
        }
    }

    /// Where a request for it stands among these bytes; nil where none does.
    func place(in heard: [UInt8]) -> Range<Int>? {
        state.withLock { state in
            var conversation = state.conversation
            return conversation.answer(to: heard)?.request
        }
    }

    /// What it answers to the first request for it; nil for nothing.
    func answer(to heard: [UInt8]) -> Speech? {
        state.withLock { state in
            guard let answer = state.conversation.answer(to: heard) else { return nil }
            state.requests += 1
            guard !answer.bytes.isEmpty else { return nil }
            var speech = Self.speech(
                answer.bytes, to: Array(heard[answer.request]), fault: state.fault, state.conversation)
            speech?.delay += answer.delay
            return speech
        }
    }

    /// A frame has gone out.
    func hasSent(_ speech: Speech) {
        if speech.isWhole { state.withLock { $0.sent += 1 } }
    }

    private static func speech(
        _ bytes: [UInt8], to request: [UInt8]?, fault: LineFault?, _ conversation: any DeviceConversation
    ) -> Speech? {
        switch fault {
        case nil: return Speech(bytes: bytes)
        case .silence: return nil
        case .delay(let delay): return Speech(bytes: bytes, delay: delay)
        case .slowBytes(let pause): return Speech(bytes: bytes, pause: pause)
        case .noise(let noise): return Speech(bytes: noise + bytes)
        case .truncation(let size): return Speech(bytes: Array(bytes.prefix(size)), isWhole: bytes.count <= size)
        case .echo: return Speech(bytes: (request ?? []) + bytes)
        case .wrongUnit(let unit):
            let other = conversation.readdressed(bytes, to: unit)
            return Speech(bytes: other, isWhole: other == bytes)
        case .exception(let code):
            guard let refusal = request.flatMap({ conversation.refusal(of: $0, code: code) }) else {
                return Speech(bytes: bytes)
            }
            return Speech(bytes: refusal, isWhole: false)
        }
    }

    private static func conversation(
        _ profile: Profile, _ parameters: [String: String], speaksByItself: Bool?
    ) throws(SimulationError) -> any DeviceConversation {
        if profile.isModbus { return ModbusConversation(profile) }
        let samples = SampleFrames(profile)
        guard !samples.isEmpty else { throw SimulationError("\(profile.name) has no sample to speak by") }
        if let rule = profile.mbus, speaksByItself != true { return try MBusConversation(rule, samples) }
        if let rule = profile.sdi12, speaksByItself != true { return try SDI12Conversation(rule, samples) }
        if let rule = profile.iec62056, rule.mode != .push, speaksByItself != true {
            return try IEC62056Conversation(rule, samples)
        }
        return SampleConversation(samples, parameters: parameters, speaksByItself: speaksByItself)
    }
}
