import Records

/// Records of one stream that will be committed together. A record's bytes are copied once, from the source's buffer
/// into the body of the chunk.
public struct ChunkBuilder: Sendable {
    /// The records as they stand in the chunk's body: OnDiskFormat.md, "Chunk".
    private(set) var body: [UInt8] = []
    /// How many records it has.
    public private(set) var count = 0
    /// The clocks when the chunk was begun.
    let clock: ClockReading
    private var topics = TopicTable()

    /// An empty chunk.
    ///
    /// - Parameter clock: read now; each record keeps its distance to it by `CLOCK_BOOTTIME`.
    public init(clock: ClockReading) {
        self.clock = clock
        body.reserveCapacity(4096)
    }

    /// Bytes before compression.
    public var size: Int { body.count }

    /// Whether the next record belongs into another chunk.
    public var isFull: Bool { body.count >= Limits.chunkSizeTarget || count >= Limits.chunkRecordsMax }

    /// Appends one record.
    ///
    /// - Parameters:
    ///   - topic: UTF-8, at most ``Limits/topicSizeMax`` bytes.
    ///   - payload: at most ``Limits/payloadSizeMax`` bytes.
    ///   - bootMilliseconds: `CLOCK_BOOTTIME` when the record was received.
    public mutating func append(
        topic: RawSpan, payload: RawSpan, properties: PackedProperties? = nil, isRetained: Bool = false,
        bootMilliseconds: Int64
    ) {
        precondition(topic.byteCount <= Limits.topicSizeMax)
        precondition(payload.byteCount <= Limits.payloadSizeMax)
        let age = UInt64(max(0, bootMilliseconds - clock.bootMilliseconds))
        topic.withUnsafeBytes { topicBytes in
            let number = topics.number(of: topicBytes, in: body)
            var flags: UInt8 = isRetained ? ChunkFlags.retained : 0
            if properties != nil { flags |= ChunkFlags.hasProperties }
            if number == nil { flags |= ChunkFlags.newTopic }
            body.append(flags)
            body.append(varint: age)
            if let number {
                body.append(varint: UInt64(number))
            } else {
                body.append(counted: topic)
                topics.add(topicBytes, at: body.count - topicBytes.count)
            }
        }
        if let properties { body.append(counted: properties.bytes) }
        body.append(counted: payload)
        count += 1
    }
}

/// The bits of a record's first byte in a chunk.
enum ChunkFlags {
    static let retained: UInt8 = 1
    static let hasProperties: UInt8 = 2
    static let newTopic: UInt8 = 4
    static let all: UInt8 = 7
}
