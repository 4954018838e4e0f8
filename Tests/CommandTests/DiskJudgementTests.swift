import Testing

@testable import millrace

/// Whether a disk is believed, by what it is and how quick it was.
struct DiskJudgementTests {
    private func judge(
        _ kind: DiskDescription.Kind, flush: Double, direct: Double? = nil, rate: Double = 10e6,
        _ change: (inout DiskDescription) -> Void = { _ in }
    ) -> [Finding] {
        var disk = DiskDescription()
        disk.kind = kind
        disk.device = "mmcblk0"
        change(&disk)
        let times = DiskProbe(
            flushes: Array(repeating: flush, count: 100), directWrites: direct.map { [$0] } ?? [], rate: rate)
        return DiskJudgement(disk: disk, times: times).findings
    }

    private func worst(_ findings: [Finding]) -> Finding? {
        findings.first { $0.verdict == .bad } ?? findings.first { $0.verdict == .warning }
    }

    @Test func `a card that is quicker than flash can be programmed is not believed`() {
        let finding = worst(judge(.card, flush: 0.000_02))
        #expect(finding?.verdict == .bad)
        #expect(finding?.text.contains("20 µs, and such a medium needs 100 µs") == true)
        #expect(finding?.advice?.contains("a power cut loses records") == true)
    }

    @Test func `a rotating disk that flushes within half a turn is not believed`() {
        #expect(worst(judge(.rotating, flush: 0.0004))?.verdict == .bad)
        #expect(worst(judge(.rotating, flush: 0.009)) == nil)
    }

    @Test func `a flush that returns long before a write past the cache does is swallowed by something`() {
        for kind in [DiskDescription.Kind.unknown, .virtual, .solidState] {
            let finding = worst(judge(kind, flush: 0.000_05, direct: 0.002))
            #expect(finding?.verdict == .bad && finding?.text.contains("something swallows flushes") == true)
        }
        #expect(worst(judge(.unknown, flush: 0.0019, direct: 0.002)) == nil)
    }

    @Test func `more than the bus carries was not flushed`() {
        let finding = worst(judge(.flash, flush: 0.002, rate: 90e6) { $0.busRate = 60e6 })
        #expect(finding?.text.contains("90 MB/s were flushed, more than the 60 MB/s") == true)
    }

    @Test func `a log in memory is bad, however well it measures`() {
        #expect(worst(judge(.memory, flush: 0.000_001))?.text.contains("in memory") == true)
    }

    @Test func `a mount without barriers is named`() {
        let finding = worst(judge(.flash, flush: 0.002) { $0.mountOptions = ["rw", "nobarrier"] })
        #expect(finding?.verdict == .bad && finding?.text.contains("nobarrier") == true)
    }

    @Test func `flash whose cache the kernel does not know of is worth a warning`() {
        #expect(worst(judge(.flash, flush: 0.002) { $0.sendsFlushes = false })?.verdict == .warning)
        #expect(worst(judge(.flash, flush: 0.002) { $0.sendsFlushes = true }) == nil)
    }

    @Test func `a disk behind a hypervisor is neither believed nor blamed`() {
        let findings = judge(.virtual, flush: 0.000_001)
        #expect(worst(findings) == nil)
        #expect(findings.contains { $0.verdict == .untold && $0.text.contains("cannot be told from inside") })
    }

    @Test func `an honest card that stalls for seconds is believed, with a warning`() {
        var disk = DiskDescription()
        disk.kind = .card
        let times = DiskProbe(flushes: Array(repeating: 0.004, count: 99) + [1.8], directWrites: [], rate: 8e6)
        let findings = DiskJudgement(disk: disk, times: times).findings
        #expect(findings[0].verdict == .warning && findings[0].text.contains("1.8 s at worst"))
        #expect(findings[1].verdict == .good)
    }
}
