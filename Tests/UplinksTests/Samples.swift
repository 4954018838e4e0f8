import Glibc
import Records
import Synchronization

/// A generator with a seed (SplitMix64), so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

/// A clock that stands where the test has put it.
final class StandingClock: GatewayClock {
    private let reading: Mutex<ClockReading>

    init(boot: BootID = Sample.boot, bootMilliseconds: Int64 = 10_000) {
        reading = Mutex(
            ClockReading(
                boot: boot, bootMilliseconds: bootMilliseconds, wallMilliseconds: Sample.milliseconds,
                isSynchronised: true))
    }

    func advance(milliseconds: Int64) { reading.withLock { $0.bootMilliseconds += milliseconds } }
    func read() -> ClockReading { reading.withLock { $0 } }
    func bootMilliseconds() -> Int64 { read().bootMilliseconds }
}

/// Names and records for tests.
enum Sample {
    static let gateway = GatewayID("plant7-gw2")!
    static let epoch = Epoch(rawValue: 0x0000_0100_0000_00AB)
    static let boot = BootID(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210)
    /// 2026-08-23T09:14:05.123Z
    static let milliseconds: Int64 = 1_787_476_445_123

    static func time(_ quality: RecordTime.Quality = .synchronised, boot: BootID = boot) -> RecordTime {
        RecordTime(wallMilliseconds: milliseconds, quality: quality, boot: boot, bootMilliseconds: 4_000)
    }

    static func record(
        _ sequence: UInt64, topic: String = "sensors/hall3/t1", payload: some Sequence<UInt8> = "21.5".utf8,
        time: RecordTime = time(), isRetained: Bool = false, properties: RecordProperties? = nil
    ) -> Record {
        Record(
            sequence: SequenceNumber(sequence), topic: topic, payload: Array(payload)[...], time: time,
            isRetained: isRetained, properties: properties)
    }

    static func batch(_ records: [Record]) -> RecordBatch {
        RecordBatch(gateway: gateway, stream: .telemetry, epoch: epoch, records: records)
    }

    /// Records 1 to `count`, each with its number as JSON payload.
    static func batch(count: Int) -> RecordBatch {
        batch((1...count).map { record(UInt64($0), payload: "{\"n\":\($0)}".utf8) })
    }

    static func identity(_ sequence: UInt64, epoch: Epoch = epoch, stream: StreamName = .telemetry) -> RecordIdentity {
        RecordIdentity(
            gateway: gateway, stream: stream,
            position: Position(epoch: epoch, sequence: SequenceNumber(sequence)))
    }

    static let loss = LostRange(
        stream: .telemetry, epoch: epoch, first: SequenceNumber(3), last: SequenceNumber(9), bytes: 1234,
        reason: .overwritten, wallMilliseconds: milliseconds)
}

/// The wall clock of this machine: signatures are checked against it.
struct WallClock: GatewayClock {
    func read() -> ClockReading {
        ClockReading(
            boot: Sample.boot, bootMilliseconds: 0, wallMilliseconds: Int64(time(nil)) * 1000, isSynchronised: true)
    }
    func bootMilliseconds() -> Int64 { 0 }
}
