import AgentTestKit
import Records
import Testing
import Uplinks

struct MemoryTests {
    @Test func `P6 private memory does not grow with the backlog`() async throws {
        let agent = try await RunningAgent(
            {
                var options = RunningAgent.Options()
                options.hasUplink = false
                options.isInMemory = true
                return options
            }())
        let relay = try Relay(to: agent.centre.port)
        relay.behaviour = .cut
        try agent.addUplink(port: relay.port, "format = \"cloudevents\"")
        let witness = try await agent.addWitness("format = \"cloudevents\"")
        let (sensor, inbox) = (try await Sensor(agent.floor), try await CentralInbox(agent.centre))
        try agent.start()
        try await agent.waitUntilReceiving()
        func publish(_ numbers: Range<Int>) async throws -> Int {
            try await sensor.publish(numbers, size: 80)
            guard await witness.receives(numbers.upperBound - 1..<numbers.upperBound) else {
                throw TestKitError("the agent takes nothing in: \(agent.logText)")
            }
            return try ProcessMemory.anonymousBytes(of: try #require(agent.pid))
        }
        let few = try await publish(0..<5000)
        let many = try await publish(5000..<60_000)
        #expect(many < few + 8 << 20, "\(few >> 10) KiB with 5,000 records held, \(many >> 10) KiB with 60,000")
        relay.behaviour = .passing
        #expect(await inbox.receives(0..<60_000, within: .seconds(120)), "\(inbox.summary) \(agent.logText)")
        #expect(inbox.numbers == Array(0..<60_000))
        let drained = try ProcessMemory.anonymousBytes(of: try #require(agent.pid))
        #expect(drained < few + 8 << 20, "\(few >> 10) KiB before, \(drained >> 10) KiB after the drain")
        #expect(try await agent.stop() == .exited(0))
    }
}
