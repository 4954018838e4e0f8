import LogStore
import Records

/// The records of one stream that wait for the next commit.
struct Intake {
    /// Records whose source sends them again unless they are acknowledged: thrown away when a commit fails.
    private(set) var redeliverable: [ChunkBuilder] = []
    /// Records that come only once, from a serial line: kept for the next try when a commit fails.
    private(set) var unrepeatable: [ChunkBuilder] = []
    private(set) var size = 0
    let stream: StreamName

    init(stream: StreamName) { self.stream = stream }

    var isEmpty: Bool { redeliverable.isEmpty && unrepeatable.isEmpty }

    /// Whether a record of this size may wait too.
    func hasRoom(for bytes: Int) -> Bool { size + bytes <= Limits.uncommittedSizeMax }

    /// Copies a record into the open chunk.
    mutating func append(topic: RawSpan, payload: RawSpan, details: IntakeDetails, clock: any GatewayClock) {
        if details.isRedeliverable {
            size += Intake.append(topic, payload, details, to: &redeliverable, clock: clock)
        } else {
            size += Intake.append(topic, payload, details, to: &unrepeatable, clock: clock)
        }
    }

    /// Takes everything out.
    mutating func take() -> Intake {
        defer { self = Intake(stream: stream) }
        return self
    }

    /// Puts back, in front of what came since, the records that nobody would send again.
    mutating func restore(_ failed: Intake) {
        unrepeatable = failed.unrepeatable + unrepeatable
        size += failed.unrepeatable.reduce(0) { $0 + $1.size }
    }

    var builders: [ChunkBuilder] { redeliverable + unrepeatable }

    private static func append(
        _ topic: RawSpan, _ payload: RawSpan, _ details: IntakeDetails, to builders: inout [ChunkBuilder],
        clock: any GatewayClock
    ) -> Int {
        if builders.isEmpty || builders[builders.count - 1].isFull {
            builders.append(ChunkBuilder(clock: clock.read()))
        }
        let index = builders.count - 1
        let before = builders[index].size
        builders[index].append(
            topic: topic, payload: payload, properties: details.properties, isRetained: details.isRetained,
            bootMilliseconds: details.bootMilliseconds ?? clock.bootMilliseconds())
        return builders[index].size - before
    }
}

/// What a source says of a record beside topic and payload.
struct IntakeDetails {
    var properties: PackedProperties?
    var isRetained = false
    /// Whether the source sends the record again unless it is acknowledged.
    var isRedeliverable: Bool
    /// When its first byte came, by `CLOCK_BOOTTIME`; nil for now.
    var bootMilliseconds: Int64?
}
