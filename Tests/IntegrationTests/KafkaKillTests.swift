import AgentTestKit
import LogStore
import Records
import Testing

/// The process ends without a word while it drains a backlog into a Kafka cluster.
@Suite(.serialized, .enabled(if: KafkaCluster.isInstalled, "needs librdkafka-dev, cc and kcat"))
struct KafkaKillTests {
    private static let topic = "telemetry"

    /// What the topic holds, held against what was published.
    private struct Findings {
        /// Of each device the number of its next reading that was not yet seen.
        var next = [Int](repeating: 0, count: KillLoad.deviceCount)
        var repeats = 0
        /// What breaks a promise; the first ones only.
        var problems: [String] = []
        private var seen: [String: String] = [:]

        /// Different readings seen.
        var count: Int { next.reduce(0, +) }
        /// Different identities seen: the shop floor's broker brings again what was on its way at a kill.
        var identities: Int { seen.count }

        init(_ messages: [KafkaCluster.Message]) {
            for message in messages { take(message) }
        }

        private mutating func take(_ message: KafkaCluster.Message) {
            guard let id = message.header("ce_id"), let payload = message.payload,
                let (device, number) = KillLoad.reading(Array(payload.utf8))
            else { return report("what is that: \(message)") }
            if message.key != "\(device)" || message.header("ce_subject") != KillLoad.topic(device) {
                report("\(id) has the key \(message.key ?? "") and came on \(message.header("ce_subject") ?? "")")
            }
            if let known = seen.updateValue(payload, forKey: id), known != payload {
                report("P7: \(id) names two readings, \(known) and \(payload)")
            }
            if number == next[device] {
                next[device] += 1
            } else if number < next[device] {
                repeats += 1
            } else {
                report("\(id): reading \(number) of device \(device) came before \(next[device])")
            }
        }

        private mutating func report(_ problem: String) {
            if problems.count < 20 { problems.append(problem) }
        }
    }

    /// Kills at a few moments; `MILLRACE_SOAK` says another number.
    @Test func `P2 P7 kill -9 in mid-drain loses nothing, keeps the order per key, and identities agree`() async throws
    {
        var random = SeededGenerator(seed: KillSeed(for: "kill -9 before Kafka").value)
        let cluster = try await KafkaCluster()
        try await cluster.makeTopic(Self.topic, partitions: 6)
        for broker in 1...cluster.brokers.count { try await cluster.tell("down \(broker)") }
        var options = RunningAgent.Options()
        options.hasUplink = false
        options.tables = [
            "[uplinks.lake]", "url = \"kafka://\(cluster.brokers.joined(separator: ","))\"",
            "topic = \"\(Self.topic)\"", "retry_min = \"100ms\"", "retry_max = \"1s\"",
        ]
        let agent = try await RunningAgent(options)
        try agent.start()
        try await agent.waitUntilReceiving()
        let load = try await KillLoad(to: agent.floor)
        try await load.publish(20_000)
        for broker in 1...cluster.brokers.count { try await cluster.tell("up \(broker)") }

        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await load.run() }
            let kills = KillSeed.count(6)
            for number in 1...kills {
                try await Task.sleep(for: .milliseconds(random.below(number % 3 == 0 ? 200 : 2500)))
                try await agent.kill()
                // The shop floor's broker keeps for the session what comes meanwhile.
                if number % 4 == 0 { try await cluster.tell("leader \(Self.topic) \(number % 6) \(number % 3 + 1)") }
                try agent.start()
            }
            load.finish()
            try await group.waitForAll()
        }
        let isComplete = try await eventually(within: .seconds(120)) {
            try await Task.sleep(for: .seconds(1))
            return Findings(try await cluster.messages(in: Self.topic)).count >= load.published
        }
        #expect(isComplete, "\(agent.currentLogText)")
        #expect(try await agent.stop() == .exited(0))

        let findings = Findings(try await cluster.messages(in: Self.topic))
        #expect(findings.problems == [])
        #expect(findings.next == (0..<KillLoad.deviceCount).map(load.published(of:)))
        KillSeed.note("kill -9 before Kafka: \(load.published) readings, \(findings.repeats) repeated")
        let log = try RingLog(inspecting: agent.logFolder, clock: ManualClock())
        defer { log.close() }
        let uplink = try #require(log.statistics().uplinks.values.first?[.telemetry])
        #expect(uplink.accepted == UInt64(findings.identities))
        #expect(uplink.forwarded == uplink.accepted)
        #expect([uplink.held, uplink.lost, uplink.rejected] == [0, 0, 0])
        await load.stop()
    }
}
