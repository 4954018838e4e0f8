import AgentTestKit
import LogStore
import Records
import Testing
import Uplinks

/// Others fill the disk that the log is on.
@Suite(.serialized) struct FullDiskTests {
    private static let tmpfs = ConditionTrait.enabled("mounting a tmpfs is not permitted here") {
        await SmallDisk.isPermitted(.tmpfs)
    }
    private static let ext4 = ConditionTrait.enabled("mounting an ext4 image is not permitted here") {
        await SmallDisk.isPermitted(.ext4)
    }

    /// An agent with its log on a small disk, and a link that is cut.
    private struct Setting {
        let disk: SmallDisk
        let agent: RunningAgent
        let relay: Relay
        let sensor: Sensor
        let inbox: CentralInbox
        let witness: CentralInbox

        init(_ kind: SmallDisk.Kind, overflow: String) async throws {
            disk = try await SmallDisk(kind, mebibytes: 32)
            var options = RunningAgent.Options()
            options.capacity = "8MiB"
            options.hasUplink = false
            options.logFolder = "\(disk.path)/log"
            options.tables = ["[streams.telemetry]", "overflow = \"\(overflow)\""]
            agent = try await RunningAgent(options)
            relay = try Relay(to: agent.centre.port)
            try agent.addUplink(port: relay.port)
            witness = try await agent.addWitness()
            sensor = try await Sensor(agent.floor)
            inbox = try await CentralInbox(agent.centre)
            relay.behaviour = .cut
        }

        func start() async throws {
            try agent.start()
            try await agent.waitUntilReceiving()
        }

        /// Publishes readings of 4 KiB.
        func publish(_ numbers: Range<Int>) async throws {
            try await sensor.publish(numbers, size: 4096)
        }

        /// Publishes readings of 4 KiB and returns when the agent has taken them in.
        func fillLog(_ numbers: Range<Int>) async throws {
            try await publish(numbers)
            let last = numbers.upperBound - 1
            guard await witness.receives(last..<last + 1) else { throw TestKitError("not taken in: \(agent.logText)") }
        }
    }

    @Test(tmpfs) func `P3 P4 a full tmpfs makes drop-oldest let go of the oldest and count it`() async throws {
        try await dropOldestGoesOn(.tmpfs)
    }

    @Test(ext4) func `P3 P4 a full ext4 makes drop-oldest let go of the oldest and count it`() async throws {
        try await dropOldestGoesOn(.ext4)
    }

    @Test(tmpfs) func `P1 P4 a full tmpfs makes reject-newest stop acknowledging until there is space`() async throws {
        try await rejectNewestWaits(.tmpfs) { $0.disk.free() }
    }

    @Test(ext4) func `P1 P4 a full ext4 makes reject-newest stop acknowledging until there is space`() async throws {
        try await rejectNewestWaits(.ext4) { $0.disk.free() }
    }

    @Test(tmpfs) func `P1 P4 reject-newest on a full disk resumes when the uplink drains`() async throws {
        try await rejectNewestWaits(.tmpfs) { $0.relay.behaviour = .passing }
    }

    @Test(tmpfs) func `P4 an agent starts on a tmpfs that is full, says so, and loses nothing`() async throws {
        try await startsOnFullDisk(.tmpfs)
    }

    @Test(ext4) func `P4 an agent starts on an ext4 that is full, says so, and loses nothing`() async throws {
        try await startsOnFullDisk(.ext4)
    }

    @Test(ext4) func `P4 an agent starts with no log yet on a disk that is full`() async throws {
        let setting = try await Setting(.ext4, overflow: "drop-oldest")
        try setting.disk.fill()
        try setting.agent.start()
        #expect(await setting.agent.everLogged("No space left on device"))
        try await setting.sensor.publish(0..<10)
        setting.disk.free()
        // An agent that gives up has said so a moment before it has ended.
        if await eventually(within: .seconds(3), { !setting.agent.isRunning }) {
            // Without a folder there is nothing to go on with: systemd starts it again.
            #expect(try await setting.agent.stop() == .exited(74))
            try await setting.start()
            try await setting.sensor.publish(0..<10)
        }
        setting.relay.behaviour = .passing
        #expect(await setting.inbox.receives(0..<10))
        #expect(try await setting.agent.stop() == .exited(0))
    }

    private func dropOldestGoesOn(_ kind: SmallDisk.Kind) async throws {
        let setting = try await Setting(kind, overflow: "drop-oldest")
        try await setting.start()
        try await setting.fillLog(0..<800)
        try setting.disk.fill()
        try await setting.publish(800..<1600)
        #expect(await setting.witness.receives(1599..<1600), "\(setting.agent.logText)")
        // The disk is still full when all of it has arrived or is known to be lost.
        setting.relay.behaviour = .passing
        #expect(await setting.inbox.accountsFor(1600), "\(setting.inbox.summary) \(setting.agent.logText)")
        #expect(await setting.inbox.receives(1599..<1600))
        let summary = setting.inbox.summary
        #expect(summary.distinct + summary.lost == 1600)
        #expect(summary.missing == 0 && summary.lostButReceived == 0 && summary.outOfOrder == 0)
        #expect(summary.lost > 0, "the second half did not fit beside the first")
        #expect(setting.inbox.losses.count == 1)
        try await setting.publish(1600..<1610)
        #expect(await setting.inbox.receives(1600..<1610), "it still goes on")
        #expect(try await setting.agent.stop() == .exited(0))
    }

    private func rejectNewestWaits(_ kind: SmallDisk.Kind, until mended: (Setting) -> Void) async throws {
        let setting = try await Setting(kind, overflow: "reject-newest")
        try await setting.start()
        try await setting.fillLog(0..<400)
        try setting.disk.fill()
        try await setting.publish(400..<800)
        #expect(await setting.agent.everLogged("stream telemetry acknowledges nothing"))
        #expect(setting.inbox.numbers.isEmpty)
        mended(setting)
        #expect(await setting.agent.everLogged("stream telemetry takes records again"), "\(setting.agent.logText)")
        setting.relay.behaviour = .passing
        #expect(await setting.inbox.receives(0..<800), "\(setting.inbox.summary) \(setting.agent.logText)")
        #expect(setting.inbox.firstArrivals == Array(0..<800))
        #expect(setting.inbox.summary.lost == 0 && setting.inbox.summary.missing == 0)
        #expect(try await setting.agent.stop() == .exited(0))
    }

    private func startsOnFullDisk(_ kind: SmallDisk.Kind) async throws {
        let setting = try await Setting(kind, overflow: "reject-newest")
        try await setting.start()
        try await setting.fillLog(0..<400)
        try setting.disk.fill()
        try await setting.publish(400..<800)
        #expect(await setting.agent.everLogged("stream telemetry acknowledges nothing"))
        try await setting.agent.kill()
        try await setting.start()
        #expect(await setting.agent.hasLogged("stream telemetry acknowledges nothing"), "\(setting.agent.logText)")
        setting.disk.free()
        setting.relay.behaviour = .passing
        #expect(await setting.inbox.receives(0..<800), "\(setting.inbox.summary) \(setting.agent.logText)")
        #expect(setting.inbox.firstArrivals == Array(0..<800))
        #expect(setting.inbox.summary.lost == 0 && setting.inbox.summary.missing == 0)
        #expect(try await setting.agent.stop() == .exited(0))
    }
}
