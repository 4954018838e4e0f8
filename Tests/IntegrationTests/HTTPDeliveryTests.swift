import AgentTestKit
import Glibc
import MQTTTransport
import Records
import Simulation
import Testing
import Uplinks

/// An agent as a user runs it, with an HTTP endpoint as its destination.
struct HTTPDeliveryTests {
    private func agent(url: String, _ lines: String...) async throws -> RunningAgent {
        var options = RunningAgent.Options()
        options.hasUplink = false
        options.isInMemory = true
        let table = ["[uplinks.web]", "url = \"\(url)\"", "retry_min = \"100ms\"", "retry_max = \"1s\""]
        options.tables = [(table + lines).joined(separator: "\n")]
        return try await RunningAgent(options)
    }

    /// The numbers of readings in requests that were answered with a 2xx, in order of arrival.
    private func numbers(_ requests: [HTTPPeer.Request], without poison: String? = nil) throws -> [Int] {
        var reader = DeliveredEventReader()
        return try requests.flatMap { request -> [Int] in
            let text = String(decoding: request.content, as: UTF8.self)
            if let poison, text.contains(poison) { return [] }
            let message = MQTTMessage(
                topic: "", payload: request.content[...],
                properties: MQTTProperties(contentType: CloudEvents.batchContentType))
            return try reader.events(in: message).compactMap { event in
                guard case .record(let record) = event else { return nil }
                return Int(String(decoding: record.payload.prefix { (0x30...0x39).contains($0) }, as: UTF8.self))
            }
        }
    }

    private func firstArrivals(_ numbers: [Int]) -> [Int] {
        var seen: Set<Int> = []
        return numbers.filter { seen.insert($0).inserted }
    }

    @Test func `P2 an agent that is killed in the middle of the drain, over a line that breaks, loses nothing`()
        async throws
    {
        let count = 3000
        let peer = try await HTTPPeer("status:204")
        let relay = try Relay(to: peer.port)
        relay.behaviour = .cut
        let agent = try await agent(
            url: "http://127.0.0.1:\(relay.port)/in", "batch = { records = 100 }", "compression = \"gzip\"")
        try agent.start()
        try await agent.waitUntilReceiving()
        try await Sensor(agent.floor).publish(0..<count)
        #expect(await agent.hasLogged("not delivered: "))
        for bytes: UInt64 in [10, 3000, 20_000] {
            relay.behaviour = .passing
            relay.become(.cut, afterBytesToServer: bytes)
            #expect(await eventually { relay.behaviour == .cut })
            try await agent.kill()
            try agent.start()
        }
        relay.behaviour = .passing
        #expect(await eventually { (try? Set(numbers(peer.requests)).count) == count }, "\(agent.logText)")
        #expect(firstArrivals(try numbers(peer.requests)) == Array(0..<count))
        #expect(try await agent.stop() == .exited(0))
    }

    @Test func `P8 one poison record is kept as rejected with the reason, and the others arrive`() async throws {
        let peer = try await HTTPPeer("poison:{\"poison\":1}")
        let agent = try await agent(url: peer.url)
        try agent.start()
        try await agent.waitUntilReceiving()
        let sensor = try await Sensor(agent.floor)
        try await sensor.publish(0..<500)
        try await sensor.publish(topic: "sensors/dev-1", payload: Array("{\"poison\":1}".utf8))
        try await sensor.publish(500..<1000)
        #expect(
            await eventually { (try? Set(numbers(peer.requests, without: "{\"poison\":1}")).count) == 1000 },
            "\(agent.logText)")
        #expect(await agent.hasLogged("was rejected and is kept aside: HTTP 400 Bad Request: no such unit"))
        #expect(try await agent.stop() == .exited(0))
    }

    @Test func `a wrong token rejects nothing, and one that is put right on disk delivers everything`() async throws {
        let folder = try TemporaryFolder("token")
        try folder.write("wanted", "right\n")
        try folder.write("token", "wrong\n")
        let peer = try await HTTPPeer("authorization:\(folder.file("wanted"))")
        let agent = try await agent(url: peer.url, "token_file = \"\(folder.file("token"))\"")
        try agent.start()
        try await agent.waitUntilReceiving()
        try await Sensor(agent.floor).publish(0..<300)
        #expect(await agent.hasLogged("not delivered: HTTP 401 Unauthorized"))
        try folder.write("token", "right\n")
        // An alarm waits for a minute; a restart does not.
        try await agent.stop()
        try agent.start()
        #expect(
            await eventually {
                let taken = (try? peer.requests)?.filter { $0.fields["authorization"] == "Bearer right" } ?? []
                return (try? numbers(taken)) == Array(0..<300)
            }, "\(agent.logText)")
        #expect(!agent.logText.contains("right") && !agent.logText.contains("was rejected"))
        #expect(try await agent.stop() == .exited(0))
    }

    /// What the kernel calls the threads of a process.
    private func threadNames(of pid: pid_t) throws -> [String] {
        guard let directory = opendir("/proc/\(pid)/task") else { throw TestKitError("no process \(pid)") }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let thread = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            names.append(TemporaryFolder.contents(of: "/proc/\(pid)/task/\(thread)/comm"))
        }
        return names
    }

    @Test func `a gateway without an HTTP uplink has no thread for one`() async throws {
        let peer = try await HTTPPeer("status:204")
        let with = try await agent(url: peer.url)
        let without = try await RunningAgent()
        for agent in [with, without] {
            try agent.start()
            try await agent.waitUntilReceiving()
        }
        try await Sensor(with.floor).publish(0..<1)
        #expect(await eventually { (try? peer.requests.count) == 1 })
        func threads(_ agent: RunningAgent) throws -> [String] {
            let pid = try #require(agent.pid)
            return try threadNames(of: pid)
        }
        // The admin server has sockets, and so a thread, of its own.
        func count(_ agent: RunningAgent) throws -> Int { try threads(agent).count { $0.hasPrefix("NIO") } }
        #expect(try await eventually { try count(with) == count(without) + 1 })
        for agent in [with, without] { #expect(try await agent.stop() == .exited(0)) }
    }
}
