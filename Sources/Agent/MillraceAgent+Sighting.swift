import Glibc
import LogStore
import Records
import SerialIO
import StrictTOML
import Synchronization
import Uplinks

/// How everything is, for whoever tells what has changed.
extension MillraceAgent {
    /// The agent at this moment.
    func sighting() -> AgentSighting {
        let parts = parts.withLock { $0 }
        var sighting = AgentSighting(clock: clock.read())
        sighting.parts = Set(parts.paths)
        for (key, source) in parts.mqttSources {
            sighting.conditions.append(.link(of: key.path, source, to: key.configuration))
            sighting.conditions += source.deviceStates.flatMap { $0.conditions(of: key.path) }
        }
        for (key, source) in parts.serialSources {
            sighting.conditions += source.links.map { .link(of: key.path, $0.port, $0.state) }
            sighting.conditions += source.deviceStates.flatMap { $0.conditions(of: key.path) }
        }
        sighting.conditions += parts.forwarders.compactMap { .uplink($0.key.path, $0.part.status) }
        if let disk = AgentSighting.Condition.disk(parts.configuration.log.path, growthMax: log.growthMax) {
            sighting.conditions.append(disk)
        }
        sighting.conditions += credentials.status.compactMap { .credential($0) }
        sighting.losses = log.losses()
        return sighting
    }
}

extension AgentSighting.Condition {
    private typealias Detail = AgentEvent.Detail

    fileprivate static func link(
        of part: String, _ source: MQTTSource, to configuration: MQTTSourceConfiguration
    ) -> Self {
        let address = "\(configuration.broker.address)"
        let problem = source.problem
        return Self(
            subject: .init(kind: .link, part: part, name: address), isWell: source.isConnected
        ) { isWell in
            link(
                of: part, address, isUp: isWell, isWell ? "connected to \(address)" : "no connection to \(address)",
                problem)
        }
    }

    fileprivate static func link(of part: String, _ port: String, _ state: SerialPortState) -> Self {
        let isOpen: Bool
        let problem: String?
        switch state {
        case .open: (isOpen, problem) = (true, nil)
        case .absent: (isOpen, problem) = (false, "it is not there")
        case .unavailable(let reason): (isOpen, problem) = (false, reason)
        }
        return Self(subject: .init(kind: .link, part: part, name: port), isWell: isOpen) { isWell in
            link(of: part, port, isUp: isWell, isWell ? "reading \(port)" : "\(port) cannot be read", problem)
        }
    }

    private static func link(
        of part: String, _ name: String, isUp: Bool, _ text: String, _ problem: String?
    ) -> AgentEvent {
        guard let problem, !isUp else {
            return AgentEvent(isUp ? .linkUp : .linkDown, of: part, text, details: [Detail("link", name)])
        }
        return AgentEvent(
            .linkDown, of: part, "\(text): \(problem)", details: [Detail("link", name), Detail("reason", problem)])
    }

    /// Nil while nothing was sent, so that nobody knows.
    fileprivate static func uplink(_ part: String, _ status: Forwarder.Status) -> Self? {
        guard status.isDelivering || status.problem != nil else { return nil }
        return Self(subject: .init(kind: .uplink, part: part, name: ""), isWell: status.isDelivering) { isWell in
            guard !isWell else { return AgentEvent(.uplinkUp, of: part, "delivering") }
            let problem = status.problem ?? "unknown"
            return AgentEvent(
                .uplinkDown, of: part, "not delivered: \(problem)",
                details: [Detail("reason", problem), Detail("alarm", status.isAlarm ? "yes" : "no")])
        }
    }

    /// Nil where it has no end, or none is known.
    fileprivate static func credential(_ status: CredentialWatch.Status) -> Self? {
        guard let validity = status.validity else { return nil }
        let credential = status.credential
        return Self(
            subject: .init(kind: .credential, part: credential.part, name: credential.key),
            isWell: status.urgency == .none
        ) { isWell in
            let until = "is good until \(validity.endText)"
            return AgentEvent(
                isWell ? .credentialRenewed : .credentialExpiring, of: credential.part,
                isWell ? "\(credential.key) \(until)" : "\(credential.key) only \(until)",
                details: [Detail("key", credential.key), Detail("until", validity.endText)])
        }
    }

    /// Whether the streams may grow to their capacity; nil where the disk cannot be asked.
    fileprivate static func disk(_ path: String, growthMax: ByteCount) -> Self? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let free = Int(status.f_bavail) * Int(status.f_frsize)
        return Self(
            subject: .init(kind: .disk, part: "log", name: path), isWell: free >= growthMax.rawValue
        ) { isWell in
            let room = "\(path) has \(ByteCount.bytes(free)) left"
            return AgentEvent(
                isWell ? .diskEnough : .diskLow, of: "log",
                isWell ? room : "\(room), and the log may need \(growthMax) more before it overwrites",
                details: [Detail("free", free), Detail("needed", growthMax.rawValue)])
        }
    }
}

extension DeviceState {
    /// Whether it speaks, and whether its readings are in their ranges.
    fileprivate func conditions(of part: String) -> [AgentSighting.Condition] {
        var conditions: [AgentSighting.Condition] = []
        if let silentAfter {
            conditions.append(
                AgentSighting.Condition(
                    subject: .init(kind: .device, part: part, name: name), isWell: !isSilent
                ) { [name] isWell in
                    let text = isWell ? "\(name) is heard again" : "\(name) is silent"
                    return AgentEvent(
                        isWell ? .deviceBack : .deviceSilent, of: part, device: name,
                        isWell ? text : "\(text) for more than \(DurationText.format(silentAfter))",
                        details: [.init("silent_after", silentAfter / .seconds(1))])
                })
        }
        return conditions + alarms.map { $0.condition(of: part, device: name) }
    }
}

extension RangeAlarm {
    fileprivate func condition(of part: String, device: String) -> AgentSighting.Condition {
        AgentSighting.Condition(
            subject: .init(kind: .range, part: part, name: "\(device)/\(reading)"), isWell: !isOn, onsets: onsets
        ) { isWell in
            var details: [AgentEvent.Detail] = [.init("reading", reading)]
            if !isWell { details.append(.init("value", value)) }
            if let unit { details.append(.init("unit", unit)) }
            details.append(.init(side.rawValue, limit))
            let text =
                isWell
                ? "\(reading) of \(device) is in its range again"
                : "\(reading) of \(device) is \(side.rawValue) \(limit)"
            return AgentEvent(isWell ? .inRange : .outOfRange, of: part, device: device, text, details: details)
        }
    }
}
