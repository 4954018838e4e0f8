import AgentTestKit
import Testing

/// Topics both ways between two brokers.
struct BridgeTests {
    /// Every kind of line that mosquitto.conf(5) knows.
    private static let lines = [
        "topic sensors/# out 1 \"\" plant7/", "topic commands/# in 1 \"\" plant7/", "topic shared/# both 1 loc/ rem/",
        "topic # both 1 tree/local/ tree/remote/", "topic \"\" out 1 single/here single/there",
        "topic \"\" in 1 down/here down/there", "topic plain/+ both 1", "topic +/value out 1 a/ b/",
        "topic late/+ out 1", "topic late/# out 1 \"\" mapped/",
    ]
    private static let out = ("sensors/probe", "plant7/sensors/probe")
    private static let into = ("plant7/commands/probe", "commands/probe")

    private static let floorTopics = [
        "sensors", "sensors/a", "sensors/a/b/", "commands/a", "loc/shared", "loc/shared/x", "shared/x", "rem/shared/x",
        "tree/local", "tree/local/", "tree/local/x/y", "single/here", "single/here/x", "down/here", "plain/x",
        "plain/x/y", "a/q/value", "a/q/other", "a/value", "late/x", "late/x/y", "unrelated/x", "plant7/sensors/x",
    ]
    private static let centreTopics = [
        "plant7/commands", "plant7/commands/a", "plant7/sensors/x", "commands/a", "rem/shared/y", "loc/shared/y",
        "tree/remote", "tree/remote/", "tree/remote/z", "down/there", "single/there", "plain/y", "b/q/value",
        "mapped/late/x", "unrelated/y",
    ]

    private func mosquittoSection(_ port: UInt16) -> [String] {
        ["connection plant", "address 127.0.0.1:\(port)", "notifications false", "restart_timeout 1"] + Self.lines
    }

    /// Publishes the same at both ends, and gives what was heard there.
    private func deliveries(over sites: BridgedSites) async throws -> (floor: [String], centre: [String]) {
        try await sites.waitUntilCarrying(out: Self.out, into: Self.into)
        for (site, name, topics) in [
            (sites.floor, "floor", Self.floorTopics), (sites.centre, "centre", Self.centreTopics),
        ] {
            for topic in topics { try await site.publish(topic, "of the \(name)") }
        }
        try await sites.floor.publish("sensors/state", "on", isRetained: true)
        try await sites.centre.publish("plant7/commands/mode", "auto", isRetained: true)
        // An empty retained message deletes.
        try await sites.floor.publish("sensors/state", "", isRetained: true)
        try await sites.settle(out: Self.out, into: Self.into)
        return (sites.floor.heard, sites.centre.heard)
    }

    @Test func `the same topic lines deliver the same as mosquitto's own bridge`() async throws {
        // mosquitto bridges by itself.
        let remote = try await BridgeSite()
        var options = Broker.Options()
        options.lines = mosquittoSection(remote.broker.port)
        let bridged = BridgedSites(floor: try await BridgeSite(options), centre: remote)
        let expected = try await deliveries(over: bridged)
        await bridged.stop()

        // The same section, carried over.
        let sites = BridgedSites(floor: try await BridgeSite(), centre: try await BridgeSite())
        let folder = try TemporaryFolder("bridge")
        let file = try folder.write(
            "mosquitto.conf",
            (["listener \(sites.floor.broker.port) 127.0.0.1"] + mosquittoSection(sites.centre.broker.port))
                .joined(separator: "\n"))
        let carriedOver = try await Command.run("check", "--from-mosquitto", file)
        #expect(carriedOver.ending == .exited(0), "\(carriedOver.output)")
        let text = carriedOver.output.split(separator: "\n").filter { !$0.hasPrefix("\(file):") }.joined(
            separator: "\n")
        let agent = try BridgeAgent("gw", text)
        let delivered = try await deliveries(over: sites)
        #expect(Set(delivered.floor).subtracting(expected.floor) == [], "not by mosquitto")
        #expect(Set(expected.floor).subtracting(delivered.floor) == [], "not by Millrace")
        #expect(Set(delivered.centre).subtracting(expected.centre) == [], "not by mosquitto")
        #expect(Set(expected.centre).subtracting(delivered.centre) == [], "not by Millrace")
        #expect(expected.floor.count > 30 && expected.centre.count > 25)
        #expect(Set(delivered.floor).count == delivered.floor.count, "\(delivered.floor.sorted())")
        #expect(Set(delivered.centre).count == delivered.centre.count, "\(delivered.centre.sorted())")
        await agent.stop()
        await sites.stop()
    }

    /// The tree `shared` at both ends, under other names.
    private func bothWays(_ floor: BridgeSite, _ centre: BridgeSite) -> String {
        """
        [streams.down]
        [mqtt.floor]
        url = "mqtt://127.0.0.1:\(floor.broker.port)"
        topics = ["shared/#"]
        [uplinks.up]
        url = "mqtt://127.0.0.1:\(centre.broker.port)"
        streams = ["telemetry"]
        topics = [{ filter = "shared/#", topic = "all/{topic}" }]
        retry_min = "100ms"
        retry_max = "1s"
        [mqtt.centre]
        url = "mqtt://127.0.0.1:\(centre.broker.port)"
        topics = ["all/shared/#"]
        stream = "down"
        [uplinks.down]
        url = "mqtt://127.0.0.1:\(floor.broker.port)"
        streams = ["down"]
        topics = [{ filter = "all/#", remove = "all/" }]
        retry_min = "100ms"
        retry_max = "1s"
        """
    }

    private let out = ("shared/probe", "all/shared/probe")
    private let into = ("all/shared/probe", "shared/probe")

    @Test func `one agent both ways on the same topics carries each message exactly once`() async throws {
        let sites = BridgedSites(floor: try await BridgeSite(), centre: try await BridgeSite())
        let agent = try BridgeAgent("gw", bothWays(sites.floor, sites.centre))
        try await sites.waitUntilCarrying(out: out, into: into)
        for number in 0..<20 {
            try await sites.floor.publish("shared/a", "up \(number)")
            try await sites.centre.publish("all/shared/b", "down \(number)")
        }
        try await sites.settle(out: out, into: into)
        let (up, down) = ((0..<20).map { "up \($0)" }, (0..<20).map { "down \($0)" })
        func heard(_ topic: String, at site: BridgeSite) -> [String] {
            site.inbox.all.filter { $0.topic == topic }.map(\.text)
        }
        #expect(heard("shared/a", at: sites.floor) == up)
        #expect(heard("all/shared/a", at: sites.centre) == up)
        #expect(heard("all/shared/b", at: sites.centre) == down)
        #expect(heard("shared/b", at: sites.floor) == down)
        #expect(sites.floor.heard.count == 40 && sites.centre.heard.count == 40)
        await agent.stop()
        await sites.stop()
    }

    @Test func `two agents both ways at one centre carry each message exactly once to each end`() async throws {
        let centre = try await BridgeSite()
        let plants = [try await BridgeSite(), try await BridgeSite()]
        let agents = try plants.enumerated().map { try BridgeAgent("gw\($0.offset)", bothWays($0.element, centre)) }
        for plant in plants {
            try await BridgedSites(floor: plant, centre: centre).waitUntilCarrying(out: out, into: into)
        }
        for number in 0..<10 {
            try await plants[0].publish("shared/a", "first \(number)")
            try await plants[1].publish("shared/b", "second \(number)")
            try await centre.publish("all/shared/c", "centre \(number)")
        }
        for plant in plants { try await BridgedSites(floor: plant, centre: centre).settle(out: out, into: into) }
        let senders = [("a", "first"), ("b", "second"), ("c", "centre")]
        for (site, tree) in [(plants[0], "shared"), (plants[1], "shared"), (centre, "all/shared")] {
            let expected = senders.flatMap { topic, name in (0..<10).map { "\(tree)/\(topic) \(name) \($0)" } }
            #expect(site.heard.sorted() == expected.sorted())
        }
        for agent in agents { await agent.stop() }
        for site in plants + [centre] { await site.stop() }
    }

    @Test func `P1 P2 commands that come while the shop floor's broker is away outlive a kill, and are delivered`()
        async throws
    {
        let sites = BridgedSites(floor: try await BridgeSite(), centre: try await BridgeSite())
        // What has arrived by this uplink was taken in.
        let witness = """
            [uplinks.witness]
            url = "mqtt://127.0.0.1:\(sites.centre.broker.port)"
            streams = ["down"]
            topic = "witness/{topic}"
            """
        let agent = try BridgeAgent("gw", bothWays(sites.floor, sites.centre) + "\n" + witness)
        try await sites.waitUntilCarrying(out: out, into: into)
        try await sites.floor.broker.stop()
        for number in 0..<20 { try await sites.centre.publish("all/shared/b", "down \(number)") }
        #expect(
            await eventually { sites.centre.inbox.all.count { $0.topic == "witness/all/shared/b" } == 20 },
            "\(agent.output)")
        await agent.kill()
        // From here on the commands are in the agent's log and nowhere else.
        try await sites.centre.broker.stop()
        try await sites.floor.broker.start()
        #expect(await eventually { sites.floor.inbox.isSubscribed })
        let second = try agent.restarted()
        let expected = (0..<20).map { "down \($0)" }
        func heard() -> [String] { sites.floor.inbox.all.filter { $0.topic == "shared/b" }.map(\.text) }
        #expect(await eventually { heard().count >= 20 }, "\(second.output)")
        #expect(heard() == expected)
        await second.stop()
        await sites.stop()
    }
}
