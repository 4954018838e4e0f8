import AgentTestKit
import LogStore
import Logging
import Records
import ServiceLifecycle
import Synchronization
import Testing
import Threads

@testable import Agent

/// A log and a recorder in front of it.
private struct RecordingLog {
    let folder: AgentTestKit.TemporaryFolder
    let log: RingLog
    let recorder: Recorder
    let beats = Beats()

    static let alarms = StreamName("alarms")!

    final class Beats: Sendable {
        let count = Atomic<Int>(0)
    }

    init(alarms: StreamSettings.Overflow = .dropOldest) throws {
        folder = try AgentTestKit.TemporaryFolder("recorder", isInMemory: true)
        let full = StreamSettings(capacity: StreamSettings.capacityMin, overflow: alarms)
        log = try RingLog(
            LogSettings(
                path: folder.file("log"), gateway: GatewayID("gw")!,
                streams: [.telemetry: .small, RecordingLog.alarms: full],
                uplinks: [UplinkName("a")!: [.telemetry, RecordingLog.alarms]]), clock: ManualClock())
        recorder = Recorder(
            log: log, streams: [.telemetry, RecordingLog.alarms], clock: ManualClock(), linger: .milliseconds(5),
            logger: .silent, heartbeat: { [beats] in beats.count.add(1, ordering: .relaxed) })
    }

    func slot(_ stream: StreamName) -> Int { recorder.slot(of: stream) }

    @discardableResult
    func append(_ payload: [UInt8], to stream: StreamName = .telemetry, isRedeliverable: Bool = true) -> Bool {
        let topic = Array("t".utf8)
        return recorder.append(
            slot(stream), topic: topic.span.bytes, payload: payload.span.bytes,
            details: IntakeDetails(isRedeliverable: isRedeliverable))
    }

    func held(_ stream: StreamName = .telemetry) -> UInt64 { log.statistics().streams[stream]?.held ?? 0 }

    /// Blocks, so on a thread of its own.
    func commit(_ streams: StreamName...) async -> Bool {
        let slots = Set(streams.map(slot))
        return await withCheckedContinuation { continuation in
            let recorder = recorder
            _ = OwnThread.start(named: "source") { continuation.resume(returning: recorder.commit(slots)) }
        }
    }

    /// Takes in until the stream refuses, and returns how many records it took.
    func fill(_ stream: StreamName) async throws -> UInt64 {
        while append(Noise.bytes(60_000), to: stream), await commit(stream) {
            guard held(stream) < 1000 else { throw TestKitError("the stream does not become full") }
        }
        return held(stream)
    }
}

struct RecorderTests {
    @Test func `P1 a commit that returned true is in the log, and one that did not is not`() async throws {
        let fixture = try RecordingLog(alarms: .rejectNewest)
        try await running([fixture.recorder]) {
            fixture.append([1])
            #expect(await fixture.commit(.telemetry))
            #expect(fixture.held() == 1)
            let held = try await fixture.fill(RecordingLog.alarms)
            fixture.append(Noise.bytes(60_000), to: RecordingLog.alarms)
            #expect(await fixture.commit(RecordingLog.alarms) == false)
            #expect(fixture.held(RecordingLog.alarms) == held)
        }
    }

    @Test func `P8 a stream that is full does not stop another`() async throws {
        let fixture = try RecordingLog(alarms: .rejectNewest)
        try await running([fixture.recorder]) {
            _ = try await fixture.fill(RecordingLog.alarms)
            fixture.append(Noise.bytes(60_000), to: RecordingLog.alarms)
            fixture.append([1])
            #expect(await fixture.commit(.telemetry))
            #expect(fixture.held() == 1)
            #expect(fixture.recorder.obstacles.keys.map(\.self) == [RecordingLog.alarms])
        }
    }

    @Test func `what comes only once is kept through a failure, and what comes again is not`() async throws {
        let fixture = try RecordingLog(alarms: .rejectNewest)
        let alarms = RecordingLog.alarms
        try await running([fixture.recorder]) {
            let held = try await fixture.fill(alarms)
            fixture.append(Noise.bytes(100), to: alarms)
            fixture.append([7], to: alarms, isRedeliverable: false)
            #expect(await fixture.commit(alarms) == false)
            // The uplink has confirmed everything: there is room again.
            let end = try #require(fixture.log.statistics().streams[alarms]?.end)
            let all = RecordRange(epoch: end.epoch, first: SequenceNumber(1), last: end.sequence)
            fixture.log.confirm(all, by: UplinkName("a")!, in: alarms)
            #expect(await eventually { fixture.recorder.obstacles.isEmpty })
            let accepted = try #require(fixture.log.statistics().streams[alarms]?.accepted)
            #expect(accepted == held + 1)
        }
    }

    @Test func `a record that nobody asks a commit for is committed all the same`() async throws {
        let fixture = try RecordingLog()
        try await running([fixture.recorder]) {
            fixture.append([1], isRedeliverable: false)
            #expect(await eventually { fixture.held() == 1 })
        }
    }

    @Test func `P6 more than may wait for a commit is refused`() throws {
        let fixture = try RecordingLog()
        let payload = Noise.bytes(Limits.payloadSizeMax)
        var taken = 0
        while fixture.append(payload) { taken += 1 }
        #expect((1...Limits.uncommittedSizeMax / Limits.payloadSizeMax).contains(taken))
        #expect(fixture.append(payload, to: RecordingLog.alarms), "another stream has room of its own")
        fixture.log.close()
    }

    @Test func `what waits at shutdown is committed`() async throws {
        let fixture = try RecordingLog()
        try await running([fixture.recorder]) { fixture.append([1], isRedeliverable: false) }
        #expect(fixture.held() == 1)
    }

    @Test func `P4 a recorder that is cancelled instead of shut down ends too, and commits`() async throws {
        let fixture = try RecordingLog()
        await withTaskGroup(of: Void.self) { tasks in
            // What it throws when cancelled does not matter here.
            tasks.addTask { try? await fixture.recorder.run() }
            fixture.append([1], isRedeliverable: false)
            #expect(await eventually { fixture.beats.count.load(ordering: .relaxed) > 0 })
            tasks.cancelAll()
        }
        #expect(fixture.held() == 1)
    }

    @Test func `the heart beats while nothing comes in`() async throws {
        let fixture = try RecordingLog()
        try await running([fixture.recorder]) {
            #expect(await eventually { fixture.beats.count.load(ordering: .relaxed) >= 2 })
        }
    }
}
