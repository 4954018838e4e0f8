import AgentTestKit
import Glibc
import LogStore
import Records
import Testing
import Uplinks

/// The process ends without a word, again and again. Its page cache survives, as it does after every crash of a
/// program.
@Suite(.serialized)
struct KillTests {
    /// How the agent forwards.
    enum Form: String, Sendable, CaseIterable {
        case raw, batches

        var lines: [String] {
            let retry = ["retry_min = \"100ms\"", "retry_max = \"1s\""]
            return self == .raw ? retry : retry + ["format = \"cloudevents\"", "compression = \"zstd\""]
        }
    }

    /// Kills at 100 moments in all; `MILLRACE_SOAK` says another number.
    @Test(arguments: Form.allCases)
    func `P1 P2 P7 kill -9 at random moments under load loses nothing, keeps the order, and identities agree`(
        form: Form
    ) async throws {
        var random = SeededGenerator(seed: KillSeed(for: "kill -9, \(form)").value)
        var options = RunningAgent.Options()
        options.uplinkLines = form.lines
        var centre = Broker.Options()
        centre.isPersistent = true
        // What it has taken it keeps over an orderly stop; saving at each change would only make it slow.
        centre.lines = ["autosave_on_changes false", "autosave_interval 3600"]
        let agent = try await RunningAgent(options, centre: centre)
        let consumer = try await KillConsumer(at: agent.centre)
        try agent.start()
        try await agent.waitUntilReceiving()
        let load = try await KillLoad(to: agent.floor)

        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await load.run() }
            try await kill(agent, KillSeed.count(100) / 2, using: &random)
            load.finish()
            try await group.waitForAll()
        }
        try agent.start()
        await consumer.waitUntilIdle(orHasSeen: load.published)
        #expect(try await agent.stop() == .exited(0))

        let findings = consumer.findings
        #expect(findings.problems == [])
        #expect(findings.next == (0..<KillLoad.deviceCount).map(load.published(of:)))
        let sums = findings.audit.summary
        #expect([sums.missing, sums.outOfOrder, sums.lost] == [0, 0, 0], "\(findings.audit.gaps)")
        #expect(findings.epochs.count == 1, "a kill leaves the log whole, so that its epoch goes on")
        try expectSums(in: agent, forwarded: sums.distinct)
        KillSeed.note("kill -9, \(form): \(load.published) readings, \(findings.repeats) repeated")
        await load.stop()
        await consumer.stop()
    }

    /// Kills at random moments, from before the program has opened its log on; the centre is down for every other five.
    private func kill(_ agent: RunningAgent, _ count: Int, using random: inout SeededGenerator) async throws {
        var isCentreUp = true
        for number in 1...count {
            // Some while it starts, some after cursors were saved, which happens once a second.
            let longest = [30, 30, 600, 600, 600, 600, 600, 600, 600, 2000][random.below(10)]
            try await Task.sleep(for: .milliseconds(random.below(longest)))
            try await agent.kill()
            if number % 5 == 0 {
                if isCentreUp { try await agent.centre.stop() } else { try await agent.centre.start() }
                isCentreUp.toggle()
            }
            if number < count { try agent.start() }
        }
        if !isCentreUp { try await agent.centre.start() }
    }

    /// P3: what the log itself says at the end.
    private func expectSums(in agent: RunningAgent, forwarded: UInt64) throws {
        let log = try RingLog(inspecting: agent.logFolder, clock: ManualClock())
        defer { log.close() }
        let uplinks = log.statistics().uplinks
        let uplink = try #require(uplinks.values.first?[.telemetry])
        #expect(uplink.accepted == forwarded)
        #expect(uplink.forwarded == forwarded)
        #expect([uplink.held, uplink.lost, uplink.rejected] == [0, 0, 0])
    }
}
