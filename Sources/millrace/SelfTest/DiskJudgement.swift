import StrictTOML

/// Whether a disk that says "durable" can be believed. Pure: a description and times in, findings out.
///
/// A lie cannot be proven from above: only a power cut proves it. But a medium that is quicker than its kind can be has
/// not done what it was asked.
struct DiskJudgement {
    let disk: DiskDescription
    let times: DiskProbe

    /// The least that a flush of one page takes, seconds: half a turn at 15,000 rpm; the programming of a page of flash
    /// (200 µs and more for what is in cards and eMMC); a round trip over PCIe with the memory of a drive that has
    /// capacitors.
    private var flushMin: Double? {
        switch disk.kind {
        case .rotating: 0.002
        case .card, .flash: 0.0001
        case .solidState: 0.000_008
        case .memory, .virtual, .network, .unknown: nil
        }
    }

    var findings: [Finding] { [speed] + [trust] + cache + mount }

    private var speed: Finding {
        let parts = [50, 90, 99].map { ($0, times.flush(percentile: $0)) }
        let worst = times.flushes.last ?? 0
        let text =
            "a flush of 4 KiB takes \(Self.time(parts[0].1)) in the median, 90 % within \(Self.time(parts[1].1)), "
            + "99 % within \(Self.time(parts[2].1)), \(Self.time(worst)) at worst"
        let figures =
            parts.map { Finding.Figure(name: "flush_p\($0.0)_seconds", value: $0.1) }
            + [
                .init(name: "flush_max_seconds", value: worst),
                .init(name: "flushed_bytes_per_second", value: times.rate),
            ]
            + (times.directMedian.map { [.init(name: "direct_p50_seconds", value: $0)] } ?? [])
        guard worst > 1 else { return Finding(.good, "disk", text, figures: figures) }
        return Finding(
            .warning, "disk", text,
            advice: "the agent acknowledges nothing meanwhile; a card with the mark A1 or A2, or an SSD, does better",
            figures: figures)
    }

    private var trust: Finding {
        let name = disk.device.map { "\(disk.kind.name), \($0)" } ?? disk.kind.name
        let median = times.flush(percentile: 50)
        switch disk.kind {
        case .memory:
            return Finding(
                .bad, "disk", "the log is in memory: a power cut takes all of it",
                advice: "name a folder on a real disk in [log] path")
        case .network:
            return Finding(
                .warning, "disk", "\(name): what a flush is worth is up to its server, and SQLite's locks may not work",
                advice: "name a folder on a disk of this machine in [log] path")
        default: break
        }
        if let direct = times.directMedian, median * 10 < direct {
            return Finding(
                .bad, "disk",
                "a flush returns after \(Self.time(median)), while a write past the cache takes \(Self.time(direct)): "
                    + "something swallows flushes",
                advice: "look for eatmydata, nobarrier, or a virtual disk with cache=unsafe")
        }
        if let bus = disk.busRate, times.rate > bus * 1.05 {
            return Finding(
                .bad, "disk",
                "\(name): \(Self.rate(times.rate)) were flushed, more than the \(Self.rate(bus)) that its bus carries",
                advice: "what it calls durable is not: a power cut loses records that were acknowledged")
        }
        if let least = flushMin, median < least {
            return Finding(
                .bad, "disk",
                "\(name): a flush takes \(Self.time(median)), and such a medium needs \(Self.time(least)) at least",
                advice: "unless its cache has a battery or capacitors, a power cut loses records that were acknowledged"
            )
        }
        guard flushMin != nil else {
            return Finding(
                .untold, "disk", "\(name): whether a flush is real cannot be told from inside",
                advice: disk.kind == .virtual ? "look at the host: cache=none or writethrough keeps the promise" : nil)
        }
        return Finding(.good, "disk", "\(name): a flush takes as long as it must, \(Self.rate(times.rate)) in one go")
    }

    /// Whether flushes are passed on.
    private var cache: [Finding] {
        guard disk.sendsFlushes == false, disk.kind == .flash || disk.kind == .rotating || disk.kind == .card else {
            return []
        }
        return [
            Finding(
                .warning, "disk",
                "the kernel sends no flushes to \(disk.device ?? "the device"), which says that it has no cache",
                advice: "USB bridges often say so and have one; hdparm -W0, or another enclosure, makes sure")
        ]
    }

    private var mount: [Finding] {
        let wrong = disk.mountOptions.filter { ["nobarrier", "barrier=0", "barrier=none"].contains($0) }.sorted()
        guard let option = wrong.first else { return [] }
        return [
            Finding(
                .bad, "disk", "the file system is mounted with \(option): flushes do not reach the medium",
                advice: "take \(option) out of /etc/fstab")
        ]
    }

    /// For people: `340 µs`, `1.2 ms`.
    static func time(_ seconds: Double) -> String {
        switch seconds {
        case ..<0.001: "\((seconds * 1e6).text(0)) µs"
        case ..<0.1: "\((seconds * 1e3).text(1)) ms"
        case ..<1: "\((seconds * 1e3).text(0)) ms"
        default: "\(seconds.text(1)) s"
        }
    }

    /// For people: `38 MB/s`.
    static func rate(_ bytes: Double) -> String { "\((bytes / 1e6).text(bytes < 1e7 ? 1 : 0)) MB/s" }
}
