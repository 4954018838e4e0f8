import AgentTestKit
import Simulation
import Testing

/// An agent as a user runs it, with Amazon Kinesis or Google Pub/Sub as its destination.
@Suite(.enabled(if: PythonPeer.isReady, Comment(rawValue: PythonPeer.absence)))
struct CloudDeliveryTests {
    private func agent(_ name: String, _ lines: [String]) async throws -> RunningAgent {
        var options = RunningAgent.Options()
        options.hasUplink = false
        options.isInMemory = true
        let table = ["[uplinks.\(name)]", "preset = \"\(name)\"", "retry_min = \"100ms\"", "retry_max = \"1s\""]
        options.tables = [(table + lines).joined(separator: "\n")]
        return try await RunningAgent(options)
    }

    /// Publishes readings, kills the agent while it delivers, and gives what has arrived when all is there.
    private func deliver(
        _ agent: RunningAgent, _ count: Int, killedAfter requests: () throws -> Bool,
        arrived: () async throws -> [HTTPPeer.Event]
    ) async throws -> [HTTPPeer.Event] {
        try agent.start()
        try await agent.waitUntilReceiving()
        try await Sensor(agent.floor).publish(0..<count)
        #expect(await eventually { (try? requests()) == true }, "\(agent.logText)")
        try await agent.kill()
        try agent.start()
        var events: [HTTPPeer.Event] = []
        let isThere = try await eventually(within: .seconds(120)) {
            events = try await arrived()
            return Set(events.compactMap(\.sequence)) == Set(1...UInt64(count))
        }
        #expect(isThere, "\(agent.logText)")
        #expect(!agent.logText.contains("was rejected"))
        #expect(try await agent.stop() == .exited(0))
        return events
    }

    @Test func `P2 an agent that is killed while Kinesis throttles loses nothing, and no order within a key`()
        async throws
    {
        let peer = try await HTTPPeer(
            nil, interpreter: PythonPeer.interpreter, options: ["--throttle", "7"], script: "kinesis_server.py")
        let secrets = try TemporaryFolder("aws")
        try secrets.write(
            "aws",
            "[default]\naws_access_key_id = AKIDEXAMPLE\n"
                + "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY\n")
        let agent = try await agent(
            "kinesis",
            [
                "url = \"\(peer.url)\"", "region = \"eu-central-1\"", "data_stream = \"{stream}\"",
                "credentials_file = \"\(secrets.file("aws"))\"", "batch = { records = 50 }",
            ])
        let events = try await deliver(agent, 1000, killedAfter: { try peer.requests.count >= 10 }) {
            try HTTPPeer.events(in: await PythonPeer.run("kinesis_read.py", ["\(peer.port)"]))
        }
        for (_, ofKey) in Dictionary(grouping: events, by: \.key) {
            var seen: Set<UInt64> = []
            let firstArrivals = ofKey.compactMap(\.sequence).filter { seen.insert($0).inserted }
            #expect(firstArrivals == firstArrivals.sorted())
        }
        #expect(!agent.logText.contains("wJalr"))
    }

    @Test func `P2 an agent that is killed while it publishes to Pub/Sub loses nothing`() async throws {
        let keys = try TemporaryFolder("public")
        let peer = try await HTTPPeer("pubsub:\(keys.file("public.pem"))", interpreter: PythonPeer.interpreter)
        let account = try await ServiceAccountFile(tokenURL: "\(peer.url)/token")
        try keys.write("public.pem", TemporaryFolder.contents(of: account.publicKeyFile))
        let agent = try await agent(
            "pubsub",
            [
                "url = \"\(peer.url)\"", "project = \"plant7\"", "topic = \"{stream}\"", "key = \"{device}\"",
                "service_account_file = \"\(account.path)\"", "batch = { records = 50 }",
            ])
        let events = try await deliver(agent, 1000, killedAfter: { try peer.requests.count >= 10 }) { try peer.events }
        #expect(events.allSatisfy { $0.path == "projects/plant7/topics/telemetry" })
    }
}
