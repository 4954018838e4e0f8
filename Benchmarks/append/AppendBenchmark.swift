import Glibc
import LogStore
import Records

/// Appends records to a ring log as the recorder does, and prints one line of JSON with what it cost.
///
///     millrace-bench append --directory DIR --records N --per-commit N
enum AppendBenchmark {
    private struct SystemClock: GatewayClock {
        func read() -> ClockReading {
            ClockReading(
                boot: BootID(high: 1, low: 1), bootMilliseconds: bootMilliseconds(),
                wallMilliseconds: milliseconds(CLOCK_REALTIME), isSynchronised: true)
        }

        func bootMilliseconds() -> Int64 { milliseconds(CLOCK_BOOTTIME) }

        private func milliseconds(_ clock: clockid_t) -> Int64 {
            var time = timespec()
            clock_gettime(clock, &time)
            return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
        }
    }

    static func main(_ words: [String]) throws {
        let options = BenchmarkProgram.options(
            words, defaults: ["--directory": ".", "--records": "1000000", "--per-commit": "500"], usage: usage)
        guard let records = Int(options["--records"] ?? ""), let perCommit = Int(options["--per-commit"] ?? ""),
            records > 0, perCommit > 0
        else { BenchmarkProgram.end(usage: usage) }
        try measure(directory: options["--directory"] ?? ".", records: records, perCommit: perCommit)
    }

    private static let usage = "append [--directory DIR] [--records N] [--per-commit N]"

    /// 137 bytes of JSON as a climate sensor sends it, no two the same.
    private static func payload(_ number: Int, into bytes: inout [UInt8]) {
        bytes.removeAll(keepingCapacity: true)
        let random = UInt64(truncatingIfNeeded: number) &* 0x9E37_79B9_7F4A_7C15 >> 20
        let parts = [
            "{\"device\":\"sensor-\(100 + number % 100)\",\"sequence\":\(1_000_000 + number),",
            "\"time\":\(1_760_000_000_000 + number * 7),\"temperature\":\(20 + random % 10).\(random / 10 % 10),",
            "\"humidity\":\(40 + random / 100 % 20).\(random / 2000 % 10),",
            "\"pressure\":10\(10 + random / 20_000 % 20).\(random / 400_000 % 10)}",
        ]
        let text = parts.joined()
        bytes.append(contentsOf: text.utf8)
        while bytes.count < 137 { bytes.append(0x20) }
    }

    private static func measure(directory: String, records: Int, perCommit: Int) throws {
        let clock = SystemClock()
        let log = try RingLog(
            LogSettings(
                path: directory + "/append-log", gateway: GatewayID.unknown,
                streams: [.telemetry: StreamSettings(capacity: .gibibytes(1))], uplinks: [:]),
            clock: clock)
        // The payloads are made beforehand: a source has them already.
        var payloads: [[UInt8]] = []
        for number in 0..<min(records, 20_000) {
            var bytes: [UInt8] = []
            payload(number, into: &bytes)
            payloads.append(bytes)
        }
        let topics = (0..<100).map { Array("sensors/sensor-\(100 + $0)/reading".utf8) }
        let written = writtenBytes()
        let (cpu, wall) = (BenchmarkProgram.cpuSeconds(), ContinuousClock.now)
        var appended = 0
        while appended < records {
            var builders = [ChunkBuilder(clock: clock.read())]
            for number in appended..<min(appended + perCommit, records) {
                if builders[builders.count - 1].isFull { builders.append(ChunkBuilder(clock: clock.read())) }
                let topic = topics[number % 100]
                let payload = payloads[number % payloads.count]
                builders[builders.count - 1].append(
                    topic: topic.span.bytes, payload: payload.span.bytes, bootMilliseconds: clock.bootMilliseconds())
            }
            let failures = log.commit([.telemetry: builders])
            if let failure = failures[.telemetry] { throw failure }
            appended += perCommit
        }
        let seconds = (ContinuousClock.now - wall) / .seconds(1)
        let used = BenchmarkProgram.cpuSeconds() - cpu
        log.close()
        let bytes = writtenBytes() - written
        let figures: [(String, Double)] = [
            ("records", Double(records)), ("per_commit", Double(perCommit)),
            ("cpu_us_per_record", used * 1e6 / Double(records)),
            ("records_per_second", Double(records) / seconds),
            ("disk_bytes_per_record", Double(bytes) / Double(records)),
        ]
        BenchmarkProgram.report(figures)
    }

    /// What the kernel was made to send to the device: `write_bytes` of proc(5).
    private static func writtenBytes() -> Int {
        let descriptor = open("/proc/self/io", O_RDONLY)
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 1024)
        let count = max(0, read(descriptor, &buffer, buffer.count))
        for line in String(decoding: buffer.prefix(count), as: UTF8.self).split(separator: "\n") {
            if line.hasPrefix("write_bytes: ") { return Int(line.dropFirst(13)) ?? 0 }
        }
        return 0
    }
}
