import DeviceProfiles
import LogStore
import Records
import SerialIO
import Threads

/// What the admin server may see and do.
extension MillraceAgent: AgentAccess {
    /// How often something was committed.
    public var commits: UInt64 { recorder.committed.generation }

    /// Returns at the first commit after `seen`, or when the task is cancelled.
    public func waitForCommit(after seen: UInt64) async { await recorder.committed.wait(after: seen) }

    /// The configuration in force as one JSON object, with `"***"` for what may be secret.
    public func maskedConfiguration() -> [UInt8] {
        configuration.document.map(MaskedConfiguration.json) ?? Array("{}".utf8)
    }

    /// Records of a stream in their order.
    ///
    /// - Throws: ``AccessFailure`` where the stream or the place is not there.
    public func records(
        of stream: StreamName, from start: RecordStart, recordsMax: Int, bytesMax: Int
    ) async throws -> RecordPage {
        try await desk.reading(log, clock: clock)
            .page(of: stream, from: start, recordsMax: recordsMax, bytesMax: bytesMax)
    }

    /// Writes a record; on return it is on the disk.
    ///
    /// - Throws: ``AccessFailure``; what was to be written is not in the log then.
    public func append(_ record: LocalRecord) async throws -> RecordIdentity {
        if let problem = TopicSyntax.problem(template: record.topic, placeholders: []) {
            throw AccessFailure(.invalid, "topic: \(problem)")
        }
        guard record.payload.count <= Limits.payloadSizeMax else {
            throw AccessFailure(.invalid, "a payload has at most \(Limits.payloadSizeMax) bytes")
        }
        guard (record.contentType?.utf8.count ?? 0) <= 256 else {
            throw AccessFailure(.invalid, "a content type has at most 256 bytes")
        }
        guard configuration.streams.contains(where: { $0.name == record.stream }) else {
            throw AccessFailure(.notFound, "there is no stream \(record.stream)")
        }
        let slot = recorder.slot(of: record.stream)
        if let obstacle = recorder.obstacle(slot) { throw AccessFailure(.unavailable, obstacle.message) }
        guard let place = try await desk.intake(recorder).append(record, to: slot) else {
            throw AccessFailure(
                .unavailable,
                recorder.obstacle(slot)?.message ?? "too much waits to be written already; send it again")
        }
        return RecordIdentity(gateway: configuration.gateway, stream: record.stream, position: place)
    }

    /// Does something that changes what the agent does.
    ///
    /// - Throws: ``AccessFailure``.
    public func perform(_ action: AdminAction) async throws -> ActionOutcome {
        switch action {
        case .pause(let name):
            try forwarder(name).pause(true)
            return ActionOutcome("\(name) is paused until it is resumed or the agent ends")
        case .resume(let name):
            try forwarder(name).pause(false)
            return ActionOutcome("\(name) goes on")
        case .replay(let request): return try await replay(request)
        case .reload:
            let outcome = await reload()
            if outcome.isRefused { throw AccessFailure(.conflict, outcome.text) }
            return ActionOutcome(outcome.text)
        case .identify(let port): return ActionOutcome(try await identify(port))
        }
    }

    private func forwarder(_ name: UplinkName) throws(AccessFailure) -> Forwarder {
        guard let forwarder = forwarders.first(where: { $0.name == name }) else {
            throw AccessFailure(.notFound, "there is no uplink \(name)")
        }
        return forwarder
    }

    private func replay(_ request: ReplayRequest) async throws -> ActionOutcome {
        guard let uplink = configuration.uplinks.first(where: { $0.name == request.uplink }) else {
            throw AccessFailure(.notFound, "there is no uplink \(request.uplink)")
        }
        guard uplink.streams.contains(request.stream) else {
            throw AccessFailure(.notFound, "\(uplink.name) forwards no stream \(request.stream)")
        }
        let name = try await replayWatch.leave(request)
        return ActionOutcome("\(request.summary), beside what is new and marked as a replay", request: name)
    }

    private func identify(_ path: String) async throws -> String {
        guard path.hasPrefix("/dev/"), let port = PortName(path), !port.isPlural else {
            throw AccessFailure(.invalid, "a port is named by its path, such as /dev/ttyUSB0")
        }
        let profiles = configuration.profiles.profiles { _ in }
        do {
            let found = try await PortDetector(profiles: profiles, asks: true, clock: clock).detect(port)
            if let certain = found.certain {
                return "\(path) is \(certain.profile.name), \(certain.profile.title), at \(certain.settings)"
            }
            let names = found.choices.map(\.profile.name).joined(separator: ", ")
            if !names.isEmpty { return "\(path) may be \(names): nothing on the wire tells which" }
            let heard = found.strangers.map { "\($0.count) bytes at \($0.settings)" }.joined(separator: ", ")
            return "no profile fits what is at \(path): "
                + (heard.isEmpty ? "nothing was heard" : "heard were \(heard)")
        } catch let failure as PortDetector.Failure {
            throw AccessFailure(.conflict, "\(failure)")
        }
    }
}
