import Agent
import Records
import Testing

@testable import millrace

/// What is worked out from what commits cost.
struct LoadEstimateTests {
    private func estimate(_ runs: [LogProbe.Run], endurance: ByteCount? = .gibibytes(10_000)) -> [Finding] {
        LoadEstimate(
            linger: 0.05, probe: LogProbe(runs: runs), medium: MediumWatch(folder: "/"), endurance: endurance,
            polledRate: 0
        ).findings
    }

    @Test func `few records a second have a commit each, many share one`() {
        #expect(LoadEstimate.recordCounts(linger: 0.05, rates: [1, 10, 100, 1000]) == [1, 1, 5, 50, 2000])
    }

    @Test func `the most that it takes is what the largest commit carries`() {
        let findings = estimate([
            .init(records: 1, seconds: 0.004, bytes: nil), .init(records: 2000, seconds: 0.02, bytes: nil),
        ])
        #expect(findings[0].text.contains("100,000 records a second"))
        #expect(findings.last?.verdict == .untold)
    }

    @Test func `a medium that is worn out in a year is worth a warning that says what helps`() {
        // 10 a second of 32 KiB each are 28 GB a day: 10,737 GB last 379 days.
        let findings = estimate([.init(records: 1, seconds: 0.004, bytes: 32_768)])
        let finding = findings.first { $0.text.contains("at 10 records") }
        #expect(finding?.verdict == .warning && finding?.text.contains("379 days") == true)
        #expect(finding?.advice?.contains("commit_linger") == true)
        #expect(findings.first { $0.text.contains("at 1 record ") }?.verdict == .good)
    }
}
