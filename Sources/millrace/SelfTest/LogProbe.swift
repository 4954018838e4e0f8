import Agent
import LogStore
import Records
import Simulation

/// Measures the ring log itself on the medium that it will be on: how long a commit takes, and what it writes.
struct LogProbe: Sendable {
    /// Commits of so many records.
    struct Run: Sendable {
        var records: Int
        /// The median, seconds.
        var seconds: Double
        /// Bytes that one commit sent to the medium, as the kernel counts them for this process; nil where it does not.
        var bytes: Double?
    }

    /// By the number of records, the fewest first.
    private(set) var runs: [Run] = []

    /// No measurement, but numbers from elsewhere.
    init(runs: [Run]) { self.runs = runs }

    /// Commits readings of 137 bytes to a log of its own, which is removed again; takes some seconds. Blocks.
    ///
    /// - Throws: `LogStoreError` or `SimulationError` where the folder cannot be used.
    init(in folder: String, recordCounts: [Int]) throws {
        for count in Set(recordCounts).sorted() {
            let place = try TemporaryFolder("selftest", below: folder)
            let stream = StreamName.telemetry
            guard let gateway = GatewayID("selftest") else { preconditionFailure("a constant id is valid") }
            let clock = SystemClock()
            let log = try RingLog(
                LogSettings(
                    path: place.file("log"), gateway: gateway,
                    streams: [stream: StreamSettings(capacity: .mebibytes(64))], uplinks: [:]), clock: clock)
            defer { log.close() }
            runs.append(try Self.measure(log, stream, count, clock))
        }
    }

    private static func measure(
        _ log: RingLog, _ stream: StreamName, _ count: Int, _ clock: SystemClock
    ) throws -> Run {
        var times: [Double] = []
        let before = MediumWatch.written
        let end = ContinuousClock.now + .seconds(1)
        var number = 0
        while times.count < 100, times.count < 10 || ContinuousClock.now < end {
            let chunks = chunks(count, from: &number, clock)
            let began = ContinuousClock.now
            if let failure = log.commit([stream: chunks])[stream] { throw failure }
            times.append((ContinuousClock.now - began) / .seconds(1))
        }
        let written = before.flatMap { before in MediumWatch.written.map { Double($0 - before) } }
        times.sort()
        return Run(
            records: count, seconds: times[times.count / 2],
            bytes: written.flatMap { $0 > 0 ? $0 / Double(times.count) : nil })
    }

    /// Readings as sensors send them: much is the same in each, the numbers are not.
    private static func chunks(_ count: Int, from number: inout Int, _ clock: SystemClock) -> [ChunkBuilder] {
        let reading = clock.read()
        var chunks = [ChunkBuilder(clock: reading)]
        for _ in 0..<count {
            number += 1
            let topic = Array("sensors/hall3/machine-\(number % 50)/climate".utf8)
            let (warmth, wetness) = (Int.random(in: 18_000...26_000), Int.random(in: 300...700))
            let payload = Array(
                """
                {"device":"machine-\(number % 50)","seq":\(number),"temperature":\(warmth),"humidity":\(wetness),\
                "pressure":1013.25,"battery":3.61,"status":"ok"}
                """.utf8)
            if chunks[chunks.count - 1].isFull { chunks.append(ChunkBuilder(clock: reading)) }
            chunks[chunks.count - 1].append(
                topic: topic.span.bytes, payload: payload.span.bytes, bootMilliseconds: reading.bootMilliseconds)
        }
        return chunks
    }
}
