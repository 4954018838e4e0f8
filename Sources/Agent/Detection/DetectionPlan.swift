import DeviceProfiles
import SerialIO

/// In which order a port is tried: at the settings first that most profiles have. Pure.
struct DetectionPlan: Sendable {
    /// Settings of the line, and the profiles that may be heard at them.
    struct ListeningRound: Sendable {
        var settings: SerialSettings
        var profiles: [Profile]
    }

    /// Settings and framing of the line, and the profiles whose requests are sent.
    struct PollingRound: Sendable {
        var settings: SerialSettings
        var framing: FramingRule
        var profiles: [Profile]
    }

    private(set) var listening: [ListeningRound] = []
    private(set) var polling: [PollingRound] = []

    /// How much the speed that models usually come with counts more than another one.
    private static let usualWeight = 4

    private struct PollingKey: Hashable {
        var settings: SerialSettings
        var framing: FramingRule
    }

    /// A plan for these profiles; variants count as profiles of their own.
    init(_ profiles: [Profile]) {
        let all = profiles.flatMap { [$0] + $0.variants }
        listening = Self.grouped(all.filter(\.speaksUnasked)) { _, settings in settings }
            .map { ListeningRound(settings: $0.key, profiles: $0.profiles) }
        polling = Self.grouped(all.filter { $0.safeDevice != nil }) {
            PollingKey(settings: $1, framing: $0.framing)
        }.map { PollingRound(settings: $0.key.settings, framing: $0.key.framing, profiles: $0.profiles) }
    }

    /// Profiles by key, once for each of their speeds, the key with the most weight first.
    private static func grouped<Key: Hashable>(
        _ profiles: [Profile], by key: (Profile, SerialSettings) -> Key
    ) -> [(key: Key, profiles: [Profile])] {
        var order: [Key] = []
        var groups: [Key: (profiles: [Profile], weight: Int)] = [:]
        for profile in profiles {
            for (index, baud) in profile.link.bauds.enumerated() {
                let key = key(profile, profile.link.settings.plain(baud: baud))
                if groups[key] == nil { order.append(key) }
                groups[key, default: ([], 0)].profiles.append(profile)
                groups[key]?.weight += index == 0 ? usualWeight : 1
            }
        }
        let weights = groups.mapValues(\.weight)
        // Stable: of two that are equally likely, the one that was named first.
        return order.enumerated().sorted { left, right in
            let (first, second) = (weights[left.element] ?? 0, weights[right.element] ?? 0)
            return first != second ? first > second : left.offset < right.offset
        }.compactMap { entry in groups[entry.element].map { (key: entry.element, profiles: $0.profiles) } }
    }
}

extension SerialSettings {
    /// What must be right for bytes to come as they were sent; nothing of how they are taken in.
    fileprivate func plain(baud: Int) -> SerialSettings {
        var plain = SerialSettings(
            baud: baud, dataBits: dataBits, parity: parity, stopBits: stopBits, flowControl: flowControl)
        plain.dtr = dtr
        plain.rts = rts
        return plain
    }
}

extension Profile {
    /// What detection may send: requests that the profile marks as safe, and the readout of an M-Bus meter, which
    /// changes nothing (SND_NKE, REQ_UD2). Each once, and nothing before or after. Nil where there is nothing.
    var safeDevice: PolledDevice? {
        if let modbus, !modbus.isSafe { return nil }
        guard sdi12 == nil, iec62056 == nil else { return nil }
        var safe = self
        safe.polls = polls.filter(\.isSafe)
        guard modbus != nil || mbus != nil || !safe.polls.isEmpty else { return nil }
        safe.initialisation = []
        safe.wake = []
        safe.shutdown = []
        guard var device = PolledDevice(name: name, profile: safe) else { return nil }
        for index in device.requests.indices {
            device.requests[index].retries = 0
            device.requests[index].every = .seconds(3600)
        }
        return device
    }
}
