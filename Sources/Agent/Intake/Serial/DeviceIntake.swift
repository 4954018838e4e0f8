import DeviceProfiles
import Records

/// From frames to what is published of one device: decoded, collected, reduced. No I/O; time is given with each call.
struct DeviceIntake: Sendable {
    /// What is to be published now.
    struct Output {
        /// The device's name, with the id that it says of itself where there are several behind the port.
        var device: String
        /// In primary units.
        var readings: [Reading]
    }

    /// What became of a frame.
    enum Outcome {
        case publish(Output)
        /// Nothing is to be published now.
        case nothing
        /// It was not understood; why.
        case rejected(String)
    }

    /// What it did with the frames so far.
    struct Counters: Hashable, Sendable {
        /// Frames that gave readings.
        var decoded: UInt64 = 0
        /// Frames that the profile does not name.
        var skipped: UInt64 = 0
        /// Frames that were none, or said that the device could not answer.
        var rejected: UInt64 = 0
        /// Values that were missing, implausible or invalid.
        var withheld: UInt64 = 0
        /// Frames of devices beyond ``DeviceIntake/tracksMax``.
        var untracked: UInt64 = 0
    }

    /// Devices told apart behind one port: beyond that somebody invents ids.
    static let tracksMax = 256

    let name: String
    private let silentAfter: Duration?
    private let ranges: [RangeRule]
    private let decoder: ProfileDecoder
    /// Where each frame is decoded.
    private var buffer = Readings()
    /// Frames that do not say of which device they are.
    private var own: Track
    private var tracks: [String: Track] = [:]
    /// Until when nothing is published.
    private var warmUntil: Int64 = .min
    private(set) var counters = Counters()

    /// One of the devices.
    private struct Track {
        private var collector: MessageCollector?
        private var reducer: RateReducer
        var memory = DeviceMemory()

        init(_ profile: Profile) {
            collector = profile.collection.map { MessageCollector($0) }
            reducer = RateReducer(profile)
        }

        /// Whether every frame is published as it is.
        var isIdle: Bool { collector == nil && reducer.isIdle }

        mutating func take(_ readings: [Reading], message: String?, atMilliseconds now: Int64) -> [Reading] {
            let whole = collector?.add(readings, message: message, atMilliseconds: now) ?? readings
            return whole.isEmpty ? [] : reducer.add(whole, atMilliseconds: now)
        }

        mutating func due(atMilliseconds now: Int64) -> [Reading] {
            let late = collector?.flush(atMilliseconds: now) ?? []
            let readings = late.isEmpty ? [] : reducer.add(late, atMilliseconds: now)
            return readings + reducer.flush(atMilliseconds: now)
        }
    }

    init(_ configuration: DeviceConfiguration) {
        name = configuration.name
        silentAfter = configuration.silenceMax
        ranges = configuration.ranges
        decoder = ProfileDecoder(configuration.profile)
        own = Track(configuration.profile)
    }

    /// The line was opened: the device may have been switched on just now.
    mutating func opened(atMilliseconds now: Int64) {
        let warmUp = decoder.profile.warmUp
        warmUntil = warmUp == .zero ? .min : now + warmUp.wholeMilliseconds
    }

    /// Takes the content of one frame.
    mutating func take(_ frame: ArraySlice<UInt8>, request: [UInt8]?, atMilliseconds now: Int64) -> Outcome {
        decoder.decode(frame.span, request: request, into: &buffer)
        // Readings are reduced in the profile's units, in which its limits are.
        let isIdle = own.isIdle
        let decoded = decoder.frame(from: buffer, inPrimaryUnits: isIdle)
        counters.withheld += UInt64(decoded.withheld.count)
        switch decoded.verdict {
        case .decoded: counters.decoded += 1
        case .skipped:
            counters.skipped += 1
            return .nothing
        case .rejected(let reason):
            counters.rejected += 1
            return .rejected(reason)
        }
        if let id = decoded.device, !begin(id) {
            counters.untracked += 1
            return .nothing
        }
        let isWarm = now >= warmUntil
        remember(decoded, isWarm: isWarm, atMilliseconds: now)
        guard isWarm, !decoded.readings.isEmpty else { return .nothing }
        guard !isIdle else {
            return .publish(Output(device: deviceName(decoded.device), readings: decoded.readings))
        }
        let readings: [Reading]?
        if let id = decoded.device {
            readings = tracks[id]?.take(decoded.readings, message: decoded.message, atMilliseconds: now)
        } else {
            readings = own.take(decoded.readings, message: decoded.message, atMilliseconds: now)
        }
        return output(decoded.device, readings ?? []).map { .publish($0) } ?? .nothing
    }

    /// What is due although nothing came.
    mutating func due(atMilliseconds now: Int64) -> [Output] {
        guard decoder.profile.holdsReadings else { return [] }
        var outputs = [output(nil, own.due(atMilliseconds: now))]
        for id in tracks.keys {
            outputs.append(output(id, tracks[id]?.due(atMilliseconds: now) ?? []))
        }
        return outputs.compactMap { $0 }
    }

    /// What is known of the device; of each one, where there are several behind the port.
    ///
    /// - Parameter start: when listening began.
    func states(source: String, listeningSince start: Int64, atMilliseconds now: Int64) -> [DeviceState] {
        func state(_ id: String?, _ memory: DeviceMemory) -> DeviceState {
            var state = DeviceState(source: source, name: deviceName(id), profile: decoder.profile.name)
            state.readings = memory.readings.map(\.inPrimaryUnit)
            state.heardMilliseconds = memory.heardMilliseconds
            state.alarms = memory.alarms
            state.silentAfter = silentAfter
            state.judgeSilence(listeningSince: start, atMilliseconds: now)
            return state
        }
        // Where frames say of which device they are, nobody is behind the name of the port.
        let own = tracks.isEmpty || self.own.memory.heardMilliseconds != nil ? [state(nil, self.own.memory)] : []
        return own + tracks.sorted { $0.key < $1.key }.map { state($0.key, $0.value.memory) }
    }

    private mutating func remember(_ decoded: DecodedFrame, isWarm: Bool, atMilliseconds now: Int64) {
        func update(_ memory: inout DeviceMemory, _ ranges: [RangeRule]) {
            memory.heard(atMilliseconds: now)
            if isWarm { memory.note(decoded.readings, ranges: ranges) }
        }
        guard let id = decoded.device else { return update(&own.memory, ranges) }
        let none = Track(decoder.profile)
        update(&tracks[id, default: none].memory, ranges)
    }

    /// Whether a device is followed; it is from its first frame on, while there is room.
    private mutating func begin(_ id: String) -> Bool {
        if tracks[id] != nil { return true }
        guard tracks.count < Self.tracksMax else { return false }
        tracks[id] = Track(decoder.profile)
        return true
    }

    private func output(_ id: String?, _ readings: [Reading]) -> Output? {
        readings.isEmpty ? nil : Output(device: deviceName(id), readings: readings.map(\.inPrimaryUnit))
    }

    private func deviceName(_ id: String?) -> String { id.map { "\(name)-\($0.topicLevel)" } ?? name }
}

extension String {
    /// The text as one level of a topic: what would end or match a level is replaced.
    fileprivate var topicLevel: String {
        String(map { "/+#{}".contains($0) || $0.isNewline || $0.asciiValue.map { $0 < 0x20 } == true ? "_" : $0 })
    }
}
