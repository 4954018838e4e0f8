import Records
import SerialIO
import StrictTOML
import Uplinks

/// What counts as a problem: one list for readiness, the page and the commands.
extension StatusProblem {
    /// A look at the log that is older means that the disk does not answer.
    private static let lookAgeMax = Duration.seconds(10)

    /// Everything that is not as it should be, errors first.
    static func all(in status: AgentStatus) -> [StatusProblem] {
        let problems =
            of(status.log, uptime: status.uptime) + of(status.reload)
            + status.mqttSources.compactMap { of($0) }
            + status.serialSources.flatMap { of($0) } + status.devices.flatMap { of($0) }
            + status.uplinks.flatMap { of($0) } + status.credentials.compactMap { of($0) }
            + (status.clock.reading.isSynchronised
                ? [] : [StatusProblem(.warning, "clock", "no time source keeps the clock")])
        return problems.filter { $0.severity == .error } + problems.filter { $0.severity == .warning }
    }

    private static func of(_ log: LogStatus, uptime: Duration) -> [StatusProblem] {
        var problems = log.streams.compactMap { stream in
            stream.problem.map { StatusProblem(.error, "log", "stream \(stream.name) acknowledges nothing: \($0)") }
        }
        if log.lookAge ?? uptime > lookAgeMax {
            problems.append(StatusProblem(.error, "log", "the disk below \(log.path) does not answer"))
        }
        if let free = log.medium.free, let size = log.medium.size, free.rawValue < size.rawValue / 20 {
            problems.append(StatusProblem(.warning, "log", "the disk is nearly full: \(free) of \(size) are free"))
        }
        if let used = log.medium.lifeUsedPercent, used >= 90 {
            problems.append(StatusProblem(.warning, "log", "the medium says that \(used) % of its life are used up"))
        }
        return problems
    }

    private static func of(_ source: MQTTSourceStatus) -> StatusProblem? {
        let part = "mqtt.\(source.name)"
        if !source.isConnected {
            return StatusProblem(.error, part, source.problem ?? "not connected to \(source.address) yet")
        }
        if !source.isSubscribed {
            return StatusProblem(.error, part, source.problem ?? "\(source.address) has not granted all subscriptions")
        }
        return source.problem.map { StatusProblem(.warning, part, $0) }
    }

    private static func of(_ source: SerialSourceStatus) -> [StatusProblem] {
        source.lines.compactMap { line in
            switch line.state {
            case .open: nil
            case .absent: StatusProblem(.error, "serial.\(source.name)", "\(line.port) is not there")
            case .unavailable(let reason):
                StatusProblem(.error, "serial.\(source.name)", "\(line.port) cannot be used: \(reason)")
            }
        }
    }

    private static func of(_ device: DeviceStatus) -> [StatusProblem] {
        let silence = device.state == .silent ? ["\(device.name) is silent"] : []
        let ranges = device.alarms.map { alarm in
            let unit = alarm.unit.map { " \($0)" } ?? ""
            return "\(device.name): \(alarm.reading) is \(alarm.side.rawValue) \(alarm.limit)\(unit)"
        }
        return (silence + ranges).map { StatusProblem(.warning, device.source, $0) }
    }

    private static func of(_ uplink: UplinkStatus) -> [StatusProblem] {
        let part = "uplinks.\(uplink.name)"
        var problems: [StatusProblem] = []
        if uplink.state == .paused { problems.append(StatusProblem(.warning, part, "paused")) }
        if let problem = uplink.problem {
            // No link is what a gateway is made for; what only a person mends is not.
            problems.append(StatusProblem(uplink.isAlarm ? .error : .warning, part, problem))
        }
        return problems
    }

    private static func of(_ status: CredentialWatch.Status) -> StatusProblem? {
        let (part, key) = (status.credential.part, status.credential.key)
        if let problem = status.problem { return StatusProblem(.warning, part, "\(key): \(problem)") }
        guard status.urgency > .none, let validity = status.validity else { return nil }
        let isOver = status.urgency == .over
        return StatusProblem(
            isOver ? .error : .warning, part,
            "\(key) \(isOver ? "is over" : "ends soon"): \(status.credential.path), good until \(validity.endText)")
    }
}
