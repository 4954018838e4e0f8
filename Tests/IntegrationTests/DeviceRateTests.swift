import AgentTestKit
import DeviceProfiles
import Records
import SimulatedDevices
import Testing

/// How often devices are asked and published: what the configuration says takes effect.
@Suite(.serialized) struct DeviceRateTests {
    private static func level(_ name: String, _ line: SimulatedLine, _ keys: String) -> String {
        "[serial.\(name)]\nport = \"\(line.terminal.path)\"\nprofile = \"dfrobot-a02yyuw\"\n\(keys)"
    }

    @Test func `every and keep make one record of many frames, with what is kept of them`() async throws {
        let line = try ProfileAgent.line(
            try ProfileAgent.device(
                "level", "dfrobot-a02yyuw", every: .milliseconds(20),
                course: [["distance": 1000], ["distance": 3000], ["distance": 2000]]))
        let agent = try await ProfileAgent(
            [Self.level("level", line, "every = \"500ms\"\nkeep = [\"min\", \"max\"]")], lines: [line])
        #expect(await agent.publishes(4, of: "level"))
        let packs = agent.packs(of: "level")
        #expect(
            packs.contains([
                Reading(name: "distance_min", value: .number(1), unit: "m"),
                Reading(name: "distance_max", value: .number(3), unit: "m"),
            ]), "\(packs)")
        #expect(packs.joined().allSatisfy { ["distance_min", "distance_max"].contains($0.name) })
        #expect(packs.count * 4 < line.devices[0].sentCount, "one record is made of many frames")
        try await agent.end([line])
    }

    @Test func `on_change publishes what differs by enough, and nothing else`() async throws {
        let line = try ProfileAgent.line(try ProfileAgent.device("level", "dfrobot-a02yyuw", every: .milliseconds(20)))
        let device = line.devices[0]
        let agent = try await ProfileAgent(
            [Self.level("level", line, "every = \"50ms\"\non_change = 100")], lines: [line])
        func isHeard(times: Int) async -> Bool {
            let turns = device.turnCount
            return await eventually { device.turnCount >= turns + times }
        }
        #expect(await agent.publishes(1, of: "level"))
        #expect(device.set(1400, of: "distance"))
        #expect(await isHeard(times: 50))
        #expect(device.set(1600, of: "distance"))
        #expect(await agent.publishes(2, of: "level"))
        #expect(await isHeard(times: 50))
        #expect(agent.packs(of: "level").joined().map(\.value) == [.number(1.389), .number(1.6)])
        try await agent.end([line])
    }

    @Test func `every is how often a device on a bus is asked, each at its own pace`() async throws {
        let quick = try ProfileAgent.device("quick", "xy-md02", unit: 1)
        let slow = try ProfileAgent.device("slow", "xy-md02", unit: 2)
        let line = try ProfileAgent.line(quick, slow)
        let agent = try await ProfileAgent(
            [
                """
                [serial.bus]
                port = "\(line.terminal.path)"
                devices = [
                  { name = "quick", profile = "xy-md02", unit = 1, every = "100ms" },
                  { name = "slow", profile = "xy-md02", unit = 2, every = "1h" },
                ]
                """
            ], lines: [line])
        #expect(await agent.publishes(10, of: "quick"))
        #expect(await agent.publishes(1, of: "slow"))
        #expect(slow.requestCount == 1)
        try await agent.end([line])
    }
}
