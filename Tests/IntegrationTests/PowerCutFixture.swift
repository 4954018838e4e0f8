import AgentTestKit
import LogStore
import MQTTTransport
import Records
import Testing

/// What the tests with traced agents have in common.
enum PowerCutFixture {
    /// Whether strace is there and may trace: not in every container.
    @Sendable static func canTrace() async -> Bool {
        // Any failure means that it cannot.
        (try? await ChildProcess.run("strace", ["-f", "-qq", "-o", "/dev/null", "true"])) != nil
    }

    /// The smallest ring there is, so that segments are sealed and evicted within a few megabytes.
    static var options: RunningAgent.Options {
        var options = RunningAgent.Options()
        options.capacity = "4MiB"
        options.hasSocket = false
        return options
    }

    /// A recorded run with all that happens to a log: the first start, forwarding, a backlog while the centre stands
    /// still, a ring that overwrites what was forwarded and what was not, draining, an orderly stop.
    static func longRun() async throws -> PowerCutRun {
        let agent = try await RunningAgent(options)
        let consumer = try await PowerCutConsumer(at: agent.centre)
        let recording = try TraceRecording(
            of: agent.command, following: agent.logFolder, into: agent.folder.file("strace.log"))
        try agent.start(recording.command)
        try await agent.waitUntilReceiving()
        let publisher = try await publisher(to: agent.floor)
        for start in stride(from: 0, to: 240, by: 6) {
            try await PowerCutMessage.publish(start..<start + 6, with: publisher)
            try await expectArrival(of: start + 5, at: consumer, agent)
        }
        agent.centre.freeze()
        for start in stride(from: 240, to: 1640, by: 10) {
            try await PowerCutMessage.publish(start..<start + 10, with: publisher)
            // One burst after the other, so that each is a commit of its own.
            try await expectCommit(through: start + 10, agent)
        }
        agent.centre.resume()
        try await expectArrival(of: 1639, at: consumer, agent)
        for start in stride(from: 1640, to: 1700, by: 6) {
            try await PowerCutMessage.publish(start..<start + 6, with: publisher)
            try await expectArrival(of: start + 5, at: consumer, agent)
        }
        try await agent.endTraced(by: recording)
        await publisher.stop()
        await consumer.stop()
        return PowerCutRun(try recording.trace(), floor: agent.floor.port, centre: agent.centre.port)
    }

    /// A recorded run that begins on `image`, empty for a first start, and takes in a few messages.
    ///
    /// - Returns: the run, and what its log held in the end.
    static func shortRun(
        on image: FolderImage = FolderImage(), messages: Range<Int>, faults: [FaultInjection] = []
    ) async throws -> (run: PowerCutRun, content: PowerCutCheck.Content) {
        let agent = try await RunningAgent(options)
        if image != FolderImage() { try image.write(to: agent.logFolder) }
        let consumer = try await PowerCutConsumer(at: agent.centre)
        let recording = try TraceRecording(
            of: agent.command, following: agent.logFolder, into: agent.folder.file("strace.log"), faults: faults)
        try agent.start(recording.command)
        try await agent.waitUntilReceiving()
        let publisher = try await publisher(to: agent.floor)
        for start in stride(from: messages.lowerBound, to: messages.upperBound, by: 3) {
            let end = min(start + 3, messages.upperBound)
            try await PowerCutMessage.publish(start..<end, with: publisher)
            try await expectArrival(of: end - 1, at: consumer, agent)
        }
        try await agent.endTraced(by: recording)
        await publisher.stop()
        await consumer.stop()
        let run = PowerCutRun(try recording.trace(), floor: agent.floor.port, centre: agent.centre.port)
        let log = try PowerCutCheck.open(agent.logFolder)
        defer { log.close() }
        return (run, PowerCutCheck.content(of: log))
    }

    /// A run without faults gives one position to each message, in order.
    static func history(of run: PowerCutRun, count: Int) throws -> [Position: Int] {
        let epoch = try #require(run.sent.first).identity.epoch
        var history: [Position: Int] = [:]
        for number in 0..<count {
            history[Position(epoch: epoch, sequence: SequenceNumber(UInt64(number + 1)))] = number
        }
        for message in run.sent { try #require(history[message.identity] == message.number) }
        return history
    }

    static func publisher(to broker: Broker) async throws -> MQTTPublisher {
        let publisher = try MQTTPublisher(
            configuration: MQTTConfiguration(host: "127.0.0.1", port: broker.port, clientID: "load"),
            onEvent: { _ in })
        try publisher.start()
        _ = await publisher.waitUntilConnected()
        return publisher
    }

    /// Waits until the log of a run without faults has that many records.
    private static func expectCommit(through count: Int, _ agent: RunningAgent) async throws {
        let isCommitted = await eventually(within: .seconds(60)) {
            let folder = agent.logFolder + "/streams/telemetry"
            return PowerCutCheck.mark(at: folder + "/high-water").map { $0.sequence.rawValue >= UInt64(count) } ?? false
        }
        try #require(isCommitted, "\(count) messages are not committed: \(agent.currentLogText)")
    }

    static func expectArrival(of number: Int, at consumer: PowerCutConsumer, _ agent: RunningAgent) async throws {
        let isThere = await consumer.has(number)
        try #require(isThere, "message \(number) does not arrive: \(agent.currentLogText)")
    }
}
