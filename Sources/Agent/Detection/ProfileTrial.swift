import DeviceProfiles
import Records
import SerialIO

/// One profile tried on what a line says: cuts and decodes as the profile would, and keeps the score. Pure.
struct ProfileTrial: Sendable {
    let profile: Profile
    /// Whether a frame is proved by a checksum, or by a telegram that describes itself.
    let isProven: Bool
    /// Frames that gave readings.
    private(set) var frames = 0
    private let decoder: ProfileDecoder
    private var cutter: FrameCutter
    private var heardBytes = 0
    /// Bytes skipped before the first frame: the tail of one that was under way when the line was opened.
    private var leadBytes = 0
    private var wholeFrames = 0
    private var frameSizeMax = 0
    /// Bytes of frames that were understood and in which every value is plausible.
    private var plausibleBytes = 0
    /// Bytes of frames that mean nothing to the profile.
    private var refusedBytes = 0
    private var refusedFrames = 0
    private var sample: [String: Reading] = [:]
    private var names: [String] = []

    /// So much of what was heard must be frames of the profile.
    private static let provenShare = 0.5
    /// So much where nothing proves a frame: lines of other content are lines too.
    private static let plausibleShare = 0.7
    /// One frame is enough where nothing else was heard.
    private static let wholeShare = 0.9
    /// Frames that make a coincidence impossible.
    private static let provenFramesMin = 2
    private static let plausibleFramesMin = 3
    /// Frames after which nothing more need be heard.
    private static let settledFrames = 3
    private static let readingsMax = 200

    init(_ profile: Profile) {
        self.profile = profile
        decoder = ProfileDecoder(profile)
        cutter = FrameCutter(profile.framing)
        isProven = profile.framing.isProven
    }

    /// The line was already busy when it was opened.
    mutating func beginMidstream() { cutter.beginMidstream() }

    /// Takes what came on the line.
    mutating func hear(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        heardBytes += bytes.count
        cutter.append(bytes)
        while true {
            switch cutter.next() {
            case .needMoreBytes: return
            case .skipped(let count, _): if wholeFrames == 0 { leadBytes += count }
            case .frame(let content): take(content)
            }
        }
    }

    private mutating func take(_ content: ArraySlice<UInt8>) {
        wholeFrames += 1
        frameSizeMax = max(frameSizeMax, content.count)
        let frame = decoder.decode(content)
        let isPlausible = !frame.withheld.contains { $0.reason == .implausible || $0.reason == .invalid }
        switch frame.verdict {
        case .rejected:
            refusedFrames += 1
            refusedBytes += content.count
        case .skipped: if !isProven { refusedBytes += content.count }
        case .decoded where frame.readings.isEmpty || (!isProven && !isPlausible):
            if !isProven { refusedBytes += content.count }
        case .decoded:
            frames += 1
            if isPlausible { plausibleBytes += content.count }
            for reading in frame.readings where names.count < Self.readingsMax {
                if sample.updateValue(reading, forKey: reading.name) == nil { names.append(reading.name) }
            }
        }
    }

    /// The part of what was heard that the profile explains, from 0 to 1. What a frame needs that has not ended, and
    /// the end of one whose beginning was not heard, count for nothing.
    var share: Double {
        let lead = min(leadBytes, frameSizeMax + 16)
        let judged = heardBytes - cutter.pendingCount - lead
        let explained = heardBytes - cutter.pendingCount - cutter.counters.skippedBytes - refusedBytes
        return judged > 0 ? Double(explained) / Double(judged) : 0
    }

    /// Whether the device may be this one.
    var fits: Bool {
        guard isProven else { return frames >= Self.plausibleFramesMin && share >= Self.plausibleShare }
        if frames >= Self.provenFramesMin { return share >= Self.provenShare }
        return frames > 0 && share >= Self.wholeShare
    }

    /// Whether the line is set right beyond doubt.
    var isSettled: Bool { isProven && fits && frames >= Self.settledFrames }

    /// What it says of itself.
    func candidate(settings: SerialSettings) -> DetectionCandidate {
        let counters = cutter.counters
        return DetectionCandidate(
            profile: profile, settings: settings, isProven: isProven, wasAsked: false, frames: frames,
            errors: counters.checksumErrors + counters.otherErrors + refusedFrames, unanswered: 0,
            readings: names.compactMap { sample[$0] }, weight: plausibleBytes)
    }
}

extension FramingRule {
    /// Whether a frame that came by chance does not pass.
    var isProven: Bool {
        switch kind {
        case .modbusRTU, .modbusASCII, .telegram: true
        case .line, .fixed, .length, .stuffed, .cobs, .asciiHex, .block, .reply: checksum != nil
        }
    }
}
