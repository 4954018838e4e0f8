import AgentTestKit
import Glibc
import MQTTTransport
import Testing

/// A broker with somebody who hears everything there, and somebody who publishes.
struct BridgeSite {
    let broker: Broker
    let inbox: MessageInbox
    private let publisher: MQTTPublisher

    init(_ options: Broker.Options = Broker.Options()) async throws {
        broker = try await Broker(options)
        inbox = try await MessageInbox(broker)
        publisher = try MQTTPublisher(
            configuration: .quick(port: broker.port, clientID: "device"), onEvent: { _ in })
        try publisher.start()
        guard await publisher.waitUntilConnected() else { throw TestKitError("no broker") }
    }

    func publish(_ topic: String, _ text: String, isRetained: Bool = false) async throws {
        let report = await publisher.publish(count: 1) { _ in
            MQTTMessage(topic: topic, payload: Array(text.utf8)[...], isRetained: isRetained)
        }
        guard report.confirmed == 1 else { throw TestKitError("\(topic): \(report.ending)") }
    }

    func stop() async { await publisher.stop() }

    /// What has been heard, one line each, without what ``BridgedSites`` sends.
    var heard: [String] {
        inbox.all.filter { !$0.topic.contains("probe") }.map {
            "\($0.topic) \($0.text)\($0.isRetained ? " retained" : "")"
        }
    }
}

/// Two sites with a bridge between them.
struct BridgedSites {
    let floor: BridgeSite
    let centre: BridgeSite

    func stop() async {
        await floor.stop()
        await centre.stop()
    }

    /// Publishes probes until one of each way has arrived.
    ///
    /// - Parameters:
    ///   - out: a topic at the floor, and what it is at the centre.
    ///   - into: a topic at the centre, and what it is at the floor.
    func waitUntilCarrying(out: (String, String), into: (String, String)) async throws {
        try await carry(out, from: floor, to: centre, "probe")
        try await carry(into, from: centre, to: floor, "probe")
    }

    /// Waits until all that was published before has been carried, and whatever of it might have come back: each way
    /// keeps its order, so that what is sent round behind it arrives behind it.
    func settle(out: (String, String), into: (String, String)) async throws {
        for round in 0..<3 {
            let text = "round \(round)"
            try await floor.publish(out.0, text)
            #expect(await eventually { has(text, on: out.1, at: centre) })
            try await centre.publish(into.0, text)
            #expect(await eventually { has(text, on: into.1, at: floor) })
        }
    }

    private func carry(
        _ topics: (String, String), from: BridgeSite, to: BridgeSite, _ text: String
    ) async throws {
        let arrives = try await eventually {
            try await from.publish(topics.0, text)
            return has(text, on: topics.1, at: to)
        }
        guard arrives else { throw TestKitError("\(topics.0) does not arrive as \(topics.1)") }
    }

    private func has(_ text: String, on topic: String, at site: BridgeSite) -> Bool {
        site.inbox.all.contains { $0.topic == topic && $0.text == text }
    }
}

/// An agent with a configuration of a test's own; its log outlives the process.
struct BridgeAgent {
    private let folder: TemporaryFolder
    private let process: ChildProcess

    init(_ id: String, _ text: String) throws {
        folder = try TemporaryFolder("bridge", isInMemory: true)
        let head = "gateway.id = \"\(id)\"\nlog = { path = \"\(folder.file("log"))\", capacity = \"32MiB\" }\n"
        try folder.write("millrace.toml", head + text)
        process = try Self.start(in: folder)
    }

    private init(in folder: TemporaryFolder) throws {
        self.folder = folder
        process = try Self.start(in: folder)
    }

    /// What the process has written.
    var output: String { folder.read("output") }

    func stop() async {
        process.kill(SIGTERM)
        #expect(await process.wait() == .exited(0), "\(output)")
    }

    /// Ends the process at once, and waits for its end.
    func kill() async {
        process.kill(SIGKILL)
        #expect(await process.wait() == .signalled(SIGKILL), "\(output)")
    }

    /// The agent once more, with the log that was left.
    func restarted() throws -> BridgeAgent { try BridgeAgent(in: folder) }

    private static func start(in folder: TemporaryFolder) throws -> ChildProcess {
        try ChildProcess(
            RunningAgent.program, ["run", "--config", folder.file("millrace.toml")],
            output: .file(folder.file("output")))
    }
}
