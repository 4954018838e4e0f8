import DeviceProfiles
import Records
import SerialIO

/// What was found out about the device at a port.
public struct Detection: Sendable {
    /// Profiles that fit what the device said, the best first.
    public let candidates: [DetectionCandidate]
    /// The best of them. Where there are several, nothing on the wire tells them apart, and a person has to choose.
    public let choices: [DetectionCandidate]
    /// What was heard and fits no profile, by the settings of the line; only where there is no candidate.
    public let strangers: [HeardBytes]

    /// How much worse than the best a profile may explain what was heard and still be as good.
    private static let tieShare = 0.95

    /// Ranks what fits.
    public init(candidates: [DetectionCandidate], strangers: [HeardBytes] = []) {
        let ranked = candidates.sorted { $0.isBetter(than: $1) }
        self.candidates = ranked
        self.strangers = ranked.isEmpty ? strangers : []
        choices = ranked.first.map { Self.choices(of: ranked, best: $0) } ?? []
    }

    /// The one profile that fits, where it is certain; nil where a person has to decide.
    public var certain: DetectionCandidate? {
        guard choices.count == 1, let only = choices.first, only.unanswered == 0 else { return nil }
        return only
    }

    /// Those that explain what was heard as well as the best does, and those that say of themselves that the same
    /// bytes fit them.
    private static func choices(
        of ranked: [DetectionCandidate], best: DetectionCandidate
    ) -> [DetectionCandidate] {
        let tied = ranked.filter { candidate in
            guard candidate.isProven == best.isProven, candidate.unanswered == best.unanswered else { return false }
            // That a device answers is all that can be said: what stands in a register says nothing of the model.
            return best.wasAsked || Double(candidate.weight) >= Double(best.weight) * tieShare
        }
        let names = Set(tied.map(\.profile.name))
        let all = ranked.filter { candidate in
            names.contains(candidate.profile.name)
                || candidate.profile.lookalikes.contains(best.profile.name)
                || best.profile.lookalikes.contains(candidate.profile.name)
        }
        // A profile that names no model is a pattern to be copied: it counts where no model's own fits.
        let models = all.filter { !$0.profile.models.isEmpty }
        return models.isEmpty ? all : models
    }
}

/// A profile that fits what a device said.
public struct DetectionCandidate: Sendable {
    /// The profile.
    public let profile: Profile
    /// How the line was set.
    public let settings: SerialSettings
    /// Whether a checksum proves its frames.
    public let isProven: Bool
    /// Whether it was asked; otherwise the device spoke by itself.
    public let wasAsked: Bool
    /// Frames that gave readings.
    public let frames: Int
    /// Frames that came damaged, or that the profile does not understand.
    public let errors: Int
    /// Requests that the device refused or did not answer, while it answered others.
    public let unanswered: Int
    /// Readings of the last frames, in the profile's units.
    public let readings: [Reading]
    /// Bytes that gave plausible readings.
    let weight: Int

    /// Sure before plausible, complete before partial, much before little; a model before a pattern.
    fileprivate func isBetter(than other: DetectionCandidate) -> Bool {
        if isProven != other.isProven { return isProven }
        if unanswered != other.unanswered { return unanswered < other.unanswered }
        if weight != other.weight { return weight > other.weight }
        if readings.count != other.readings.count { return readings.count > other.readings.count }
        if profile.models.isEmpty != other.profile.models.isEmpty { return !profile.models.isEmpty }
        return profile.name < other.profile.name
    }
}

/// Bytes that fit no profile.
public struct HeardBytes: Sendable {
    /// How the line was set.
    public let settings: SerialSettings
    /// How many came.
    public let count: Int
    /// A line of them, where they are text.
    public let line: String?

    init?(_ bytes: [UInt8], settings: SerialSettings) {
        guard !bytes.isEmpty else { return nil }
        self.settings = settings
        count = bytes.count
        let isText = bytes.allSatisfy { (0x20...0x7E).contains($0) || [0x09, 0x0A, 0x0D].contains($0) }
        let lines = bytes.split { $0 == 0x0A || $0 == 0x0D }
        // The first may be the end of one.
        let whole = lines.count > 1 ? lines[1] : lines.first
        line = isText ? whole.map { String(decoding: $0.prefix(120), as: UTF8.self) } : nil
    }
}
