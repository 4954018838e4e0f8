import LogStore
import Records
import SerialIO
import Uplinks

/// How the agent stands, put together from what its parts say.
extension MillraceAgent {
    /// How it stands now. From any thread; waits for nothing but short locks.
    public var status: AgentStatus {
        let view = watch.current
        let reading = clock.read()
        var status = AgentStatus(
            gateway: configuration.gateway, version: version, uptime: started.duration(to: .now),
            clock: ClockStatus(reading), process: .current(), log: logStatus(view))
        status.mqttSources = mqttSources.map { source in
            var status = MQTTSourceStatus(name: source.name, address: source.address)
            status.isConnected = source.isConnected
            status.isSubscribed = source.isSubscribed
            status.problem = source.problem
            status.counters = source.counters
            status.rate = view.seconds.rate(of: .source("mqtt.\(source.name)"))
            return status
        }
        status.serialSources = serialSources.map {
            $0.status(rate: view.seconds.rate(of: .source("serial.\($0.name)")))
        }
        let topics = mqttSources.flatMap { source in
            source.deviceStates.map { DeviceStatus($0, source: "mqtt.\(source.name)", port: nil, nil) }
        }
        status.devices = Array((serialSources.flatMap(\.deviceStatuses) + topics).prefix(AgentStatus.devicesMax))
        status.credentials = credentials.status
        status.uplinks = forwarders.map { forwarder in
            var uplink = uplinkStatus(of: forwarder, view, at: reading)
            uplink.certificates = status.credentials.filter { $0.credential.part == "uplinks.\(forwarder.name)" }
                .compactMap { CertificateStatus($0) }
            return uplink
        }
        status.reload = reloading.last
        status.losses = losses(in: view.statistics)
        status.events = events.newestFirst
        status.problems = StatusProblem.all(in: status)
        return status
    }

    /// What each source has taken in, by the name of its table.
    var sourceCounts: [String: UInt64] {
        let brokers = mqttSources.map { ("mqtt.\($0.name)", $0.counters.received) }
        let ports = serialSources.map { ("serial.\($0.name)", $0.counters.received) }
        return Dictionary(brokers + ports, uniquingKeysWith: { first, _ in first })
    }

    private func logStatus(_ view: LogWatch.View) -> LogStatus {
        var status = LogStatus(path: configuration.log.path)
        status.lookAge = view.instant.map { $0.duration(to: .now) }
        let obstacles = self.obstacles
        status.streams = view.statistics.streams.sorted { $0.key < $1.key }.map { name, stream in
            var status = StreamStatus(name: name)
            status.accepted = stream.accepted
            status.held = stream.held
            status.size = stream.size
            status.capacity = stream.capacity
            status.rate = view.seconds.rate(of: .stream(name))
            status.lasts = Self.lasts(
                stream, rate: view.minutes.rate(of: .stream(name)) ?? view.seconds.rate(of: .stream(name)))
            status.oldest = view.oldest[name]
            status.end = stream.end
            status.problem = obstacles[name]?.message
            status.history = view.minutes.history(of: .stream(name))
            return status
        }
        status.medium = medium.status(
            written: view.written, rate: view.minutes.rate(of: .written),
            endurance: configuration.log.endurance)
        return status
    }

    /// How long a ring holds what comes in. Below a thousand records the size of a segment's empty pages would count
    /// more than theirs.
    private static func lasts(_ stream: LogStatistics.Stream, rate: Double?) -> Duration? {
        guard let rate, rate > 0, stream.held >= 1000 else { return nil }
        let records = Double(stream.capacity.rawValue) / (Double(stream.size.rawValue) / Double(stream.held))
        return .seconds(min(records / rate, 100 * 365.25 * 86_400))
    }

    private func uplinkStatus(
        of forwarder: Forwarder, _ view: LogWatch.View, at reading: ClockReading
    ) -> UplinkStatus {
        let own = forwarder.status
        let uplink = configuration.uplinks.first { $0.name == forwarder.name }
        let (kind, address) = uplink?.destination.summaryForStatus ?? ("", "")
        var status = UplinkStatus(name: forwarder.name, kind: kind, address: address)
        status.state = own.state
        status.problem = own.problem
        status.isAlarm = own.isAlarm
        status.waiting = own.waiting
        status.nextTry = own.retryAt.map { max(.zero, ContinuousClock.now.duration(to: $0)) }
        status.delay = own.oldest?.age(at: reading) ?? .zero
        status.rate = view.seconds.rate(of: .uplink(forwarder.name))
        status.history = view.minutes.history(of: .uplink(forwarder.name))
        status.wire = forwarder.counters
        for name in uplink?.streams ?? [] {
            guard let sums = view.statistics.uplinks[forwarder.name]?[name] else { continue }
            var stream = UplinkStatus.Stream(name: name, position: sums.position)
            stream.accepted = sums.accepted
            stream.forwarded = sums.forwarded
            stream.held = sums.held
            stream.lost = sums.lost
            stream.rejected = sums.rejected
            stream.filtered = sums.filtered
            status.streams.append(stream)
        }
        guard let link = uplink?.link else { return status }
        if link.limits != LinkLimits() { status.limit = "\(link.limits)" }
        status.windows = link.windows.map(\.description)
        if let budget = link.budget {
            status.budget = BudgetStatus(
                limit: UInt64(budget.bytes.rawValue), used: own.budgetUsed ?? 0,
                period: budget.period.rawValue)
        }
        return status
    }

    private func losses(in statistics: LogStatistics) -> [LossStatus] {
        let all = statistics.uplinks.flatMap { uplink, streams in
            streams.values.flatMap { $0.lostRanges.map { LossStatus(uplink: uplink, range: $0) } }
        }
        let newest = all.sorted {
            ($1.range.wallMilliseconds, $1.uplink, $1.range.first) < (
                $0.range.wallMilliseconds, $0.uplink, $0.range.first
            )
        }
        return Array(newest.prefix(AgentStatus.lossesMax))
    }
}

extension Forwarder.Status {
    fileprivate var state: UplinkStatus.State {
        if isPaused { return .paused }
        if problem != nil { return .failing }
        if waiting != nil { return .waiting }
        return isDelivering ? .delivering : .idle
    }
}

extension Destination {
    /// The kind and the address, without anything secret.
    fileprivate var summaryForStatus: (kind: String, address: String) {
        switch self {
        case .mqtt(let destination): ("mqtt", "\(destination.broker.address)")
        case .kafka(let destination): ("kafka", "\(destination.cluster)")
        case .http(let destination): ("http", destination.address)
        }
    }
}
