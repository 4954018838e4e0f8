import AgentTestKit
import Glibc
import LogStore
import Records
import Testing
import Uplinks

/// The order of the agent's own system calls: flush first, PUBACK after.
@Suite(.enabled("strace is missing or may not trace here", PowerCutFixture.canTrace), .serialized)
struct AckOrderTests {
    /// Where the commits of the records go, relative to the log's folder.
    private static let stream = "streams/telemetry"

    @Test func `P1 no PUBACK leaves before the flush that covers it`() async throws {
        let run = try await run(faults: [], readings: 600)
        #expect(run.syncs.count > 30, "only \(run.syncs.count) commits: too few to say anything")
        #expect(run.acknowledged.acknowledgements.count == 600)
        #expect(run.acknowledged.otherCount == 0)
        expectKept(run)
    }

    /// Each thread counts its own flushes: the recorder's are nearly all. A try after a failure takes about nine.
    @Test(arguments: [FaultInjection.Occurrence.range(10, 15), .every(from: 10, step: 23)])
    func `P1 no PUBACK leaves while flushes fail, and everything arrives in the end`(
        occurrence: FaultInjection.Occurrence
    ) async throws {
        let fault = FaultInjection(in: ["fdatasync"], .error(EIO), occurrence)
        let run = try await run(faults: [fault], readings: 600)
        #expect(run.failedSyncs >= 3, "the fault was not met")
        #expect(run.text.contains("acknowledges nothing"))
        expectKept(run)
    }

    private func expectKept(_ run: Run) {
        #expect(run.trace.unfollowed == [])
        for early in run.acknowledged.premature(under: Self.stream) {
            Issue.record("PUBACK \(early.acknowledgement.identifier) at line \(early.acknowledgement.began + 1)")
        }
        let payloads = Set(run.acknowledged.acknowledgements.map(\.payload))
        let published = Set((0..<600).map { KillLoad.payload($0 % KillLoad.deviceCount, $0 / KillLoad.deviceCount) })
        #expect(payloads.symmetricDifference(published).isEmpty)
        #expect(run.findings.problems == [])
        #expect(run.findings.count == 600)
        let sums = run.findings.audit.summary
        #expect([sums.missing, sums.outOfOrder, sums.lost] == [0, 0, 0], "\(run.findings.audit.gaps)")
    }

    /// What one run of the agent came to.
    private struct Run {
        let trace: SystemCallTrace
        let acknowledged: AcknowledgementTrace
        let findings: KillConsumer.Findings
        let text: String

        /// The flushes of the stream's files.
        var syncs: [TracedOperation] {
            trace.operations.filter { operation in
                guard case .sync(let file) = operation.action else { return false }
                return trace.path(of: file).hasPrefix(AckOrderTests.stream)
            }
        }
        var failedSyncs: Int {
            trace.operations.count { if case .failedSync = $0.action { true } else { false } }
        }
    }

    /// Traces the agent while readings come in many small bursts, until all have arrived at the centre.
    private func run(faults: [FaultInjection], readings: Int) async throws -> Run {
        var options = RunningAgent.Options()
        options.hasSocket = false
        let agent = try await RunningAgent(options)
        let recording = try TraceRecording(
            of: agent.command, following: agent.logFolder, into: agent.folder.file("strace.log"), faults: faults)
        let consumer = try await KillConsumer(at: agent.centre)
        try agent.start(recording.command)
        try await agent.waitUntilReceiving()
        let load = try await KillLoad(to: agent.floor)
        while load.published < readings {
            try await load.publish(10)
            // One burst after the other, so that each is a commit of its own.
            let isComplete = await eventually(within: .seconds(120)) { consumer.count >= load.published }
            try #require(isComplete, "\(consumer.count) of \(load.published) arrived; \(agent.currentLogText)")
        }
        try await agent.endTraced(by: recording)
        await load.stop()
        await consumer.stop()
        let trace = try recording.trace()
        return Run(
            trace: trace, acknowledged: AcknowledgementTrace(of: trace, peerPort: agent.floor.port),
            findings: consumer.findings, text: agent.logText)
    }
}
