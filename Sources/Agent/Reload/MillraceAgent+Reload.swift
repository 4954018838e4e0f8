import LogStore
import Logging
import Records
import StrictTOML
import Synchronization
import Threads

/// Another configuration while the agent runs.
extension MillraceAgent {
    /// Reads the configuration again. What has changed is stopped and started anew; the rest goes on undisturbed: ports
    /// stay open, connections stay, no record is lost or sent twice. One reload after the other; only while the
    /// services run.
    public func reload() async -> ReloadOutcome {
        await reloading.take()
        defer { reloading.give() }
        let outcome: ReloadOutcome
        do {
            if let load = reloading.load {
                outcome = try await apply(load())
            } else {
                outcome = .refused(["this agent was not started with a file"])
            }
        } catch let error as ConfigurationError {
            outcome = .refused(error.issues.map(\.description))
        } catch {
            outcome = .refused([String(describing: error)])
        }
        logger.log(level: outcome.isRefused ? .error : .notice, "\(outcome.text)")
        reloading.note(ReloadStatus(outcome, wallMilliseconds: clock.read().wallMilliseconds))
        reloading.didReload(configuration)
        journal.note(outcome.event)
        return outcome
    }

    private func apply(_ wanted: AgentConfiguration) async throws -> ReloadOutcome {
        let before = parts.withLock { $0 }
        let refusals = before.configuration.refusals(of: wanted)
        guard refusals.isEmpty else { return .refused(refusals) }
        // What may fail comes first, while everything still runs: new streams, then new parts.
        recorder.admit(wanted.streams.map(\.name), linger: wanted.log.commitLinger)
        try await change(to: before.configuration.logSettings.joined(with: wanted.logSettings))
        var exchange = PartExchange(for: wanted)
        do {
            try exchange.make(from: before, with: factory)
        } catch {
            for forwarder in exchange.forwarders.made { await forwarder.discard() }
            recorder.admit([], linger: before.configuration.log.commitLinger)
            try await change(to: before.configuration.logSettings)
            throw error
        }
        // One port, client id or cursor cannot be used twice: the old parts end before the new ones begin.
        await stop(exchange)
        try await change(to: wanted.logSettings)
        for stream in recorder.forget(
            Set(before.configuration.streams.map(\.name)).subtracting(wanted.streams.map(\.name)))
        {
            logger.error("records of the stream \(stream), which is gone, could not be committed, and are lost")
        }
        journal.record(into: wanted.eventStream)
        credentials.follow(wanted.credentials)
        parts.withLock { $0 = exchange.parts }
        for part in exchange.made { running.start(part) }
        for (key, source) in exchange.parts.serialSources {
            source.lookAgain(others: wanted.serialSources.ports(but: key.configuration.name))
        }
        let changes = before.configuration.settingChanges(to: wanted) + before.changes(to: exchange.parts)
        return changes.isEmpty ? .unchanged : .applied(changes)
    }

    private func stop(_ exchange: PartExchange) async {
        await withDiscardingTaskGroup { [running] group in
            // Under the same id at another address it may be the same broker: then nothing may be missed meanwhile.
            let ids = Set(exchange.parts.mqttSources.map(\.part.clientID))
            for source in exchange.mqttSources.gone {
                if !ids.contains(source.clientID) { source.retire() }
                group.addTask { await running.stop(source) }
            }
            for source in exchange.serialSources.gone { group.addTask { await running.stop(source) } }
            for forwarder in exchange.forwarders.gone {
                group.addTask {
                    await forwarder.retire()
                    await running.stop(forwarder)
                }
            }
        }
    }

    /// Changes the log, on the thread that alone may do so.
    private func change(to settings: LogSettings) async throws(LogStoreError) {
        let failure = await recorder.perform { log -> LogStoreError? in
            do throws(LogStoreError) {
                try log.change(streams: settings.streams, uplinks: settings.uplinks)
                return nil
            } catch {
                return error
            }
        }
        guard let failure else { throw LogStoreError(.unusable, "the agent is stopping") }
        if let failure { throw failure }
    }
}

extension LogSettings {
    /// What both name; a stream of both is kept as here.
    fileprivate func joined(with other: LogSettings) -> LogSettings {
        var joined = self
        joined.streams.merge(other.streams) { mine, _ in mine }
        joined.uplinks.merge(other.uplinks) { $0.union($1) }
        return joined
    }
}

/// One reload after the other, and what came of the last.
final class ReloadDesk: Sendable {
    /// Reads the whole configuration; nil where there is no file to read.
    let load: (@Sendable () throws -> AgentConfiguration)?
    /// Gets what holds afterwards.
    let didReload: @Sendable (AgentConfiguration) -> Void
    private let isTaken = Mutex(false)
    private let latest = Mutex<ReloadStatus?>(nil)
    private let given = Announcement()

    init(
        _ load: (@Sendable () throws -> AgentConfiguration)?,
        didReload: @escaping @Sendable (AgentConfiguration) -> Void
    ) {
        self.load = load
        self.didReload = didReload
    }

    /// Waits until nobody else has it. Cancellation does not end the wait: each turn is short.
    func take() async {
        while true {
            let seen = given.generation
            let isMine = isTaken.withLock { isTaken in
                defer { isTaken = true }
                return !isTaken
            }
            if isMine { return }
            await given.wait(after: seen)
        }
    }

    /// What came of the last one; nil before the first.
    var last: ReloadStatus? { latest.withLock(\.self) }

    /// One has ended.
    func note(_ status: ReloadStatus) { latest.withLock { $0 = status } }

    func give() {
        isTaken.withLock { $0 = false }
        given.announce()
    }
}
