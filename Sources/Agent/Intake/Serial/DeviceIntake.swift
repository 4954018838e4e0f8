import DeviceProfiles
import Records

/// From frames to what is published of one device: decoded, collected, reduced. No I/O; time is given with each call.
struct DeviceIntake: Sendable {
    /// What is to be published now.
    struct Output {
        /// The device's name, with the id that it says of itself where there are several behind the port.
        var device: String
        var readings: [Reading]
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
    private let decoder: ProfileDecoder
    private var tracks: [String: Track] = [:]
    /// Until when nothing is published.
    private var warmUntil: Int64 = .min
    private(set) var counters = Counters()
    /// Why the last frame was not understood.
    private(set) var problem: String?

    /// One of the devices.
    private struct Track {
        var collector: MessageCollector?
        var reducer: RateReducer
    }

    init(_ configuration: DeviceConfiguration) {
        name = configuration.name
        decoder = ProfileDecoder(configuration.profile)
    }

    /// The line was opened: the device may have been switched on just now.
    mutating func opened(atMilliseconds now: Int64) {
        let warmUp = decoder.profile.warmUp
        warmUntil = warmUp == .zero ? .min : now + warmUp.wholeMilliseconds
    }

    /// Takes the content of one frame. Returns what is to be published now; nil for nothing.
    mutating func take(_ frame: ArraySlice<UInt8>, request: [UInt8]?, atMilliseconds now: Int64) -> Output? {
        let decoded = decoder.decode(frame, request: request)
        counters.withheld += UInt64(decoded.withheld.count)
        switch decoded.verdict {
        case .decoded:
            counters.decoded += 1
            problem = nil
        case .skipped:
            counters.skipped += 1
            return nil
        case .rejected(let reason):
            counters.rejected += 1
            problem = reason
            return nil
        }
        guard now >= warmUntil, !decoded.readings.isEmpty else { return nil }
        let id = decoded.device ?? ""
        guard tracks[id] != nil || tracks.count < Self.tracksMax else {
            counters.untracked += 1
            return nil
        }
        var track = tracks[id] ?? newTrack
        var readings = decoded.readings
        if track.collector != nil {
            readings = track.collector?.add(readings, message: decoded.message, atMilliseconds: now) ?? []
        }
        if !readings.isEmpty { readings = track.reducer.add(readings, atMilliseconds: now) }
        tracks[id] = track
        return readings.isEmpty ? nil : Output(device: deviceName(id), readings: readings)
    }

    /// What is due although nothing came.
    mutating func due(atMilliseconds now: Int64) -> [Output] {
        guard decoder.profile.holdsReadings else { return [] }
        var outputs: [Output] = []
        for (id, track) in tracks {
            var track = track
            var readings = track.collector?.flush(atMilliseconds: now) ?? []
            if !readings.isEmpty { readings = track.reducer.add(readings, atMilliseconds: now) }
            readings += track.reducer.flush(atMilliseconds: now)
            tracks[id] = track
            if !readings.isEmpty { outputs.append(Output(device: deviceName(id), readings: readings)) }
        }
        return outputs
    }

    private func deviceName(_ id: String) -> String { id.isEmpty ? name : "\(name)-\(id.topicLevel)" }

    private var newTrack: Track {
        Track(
            collector: decoder.profile.collection.map { MessageCollector($0) }, reducer: RateReducer(decoder.profile))
    }
}

extension String {
    /// The text as one level of a topic: what would end or match a level is replaced.
    fileprivate var topicLevel: String {
        String(map { "/+#{}".contains($0) || $0.isNewline || $0.asciiValue.map { $0 < 0x20 } == true ? "_" : $0 })
    }
}
