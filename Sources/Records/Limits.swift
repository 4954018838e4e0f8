/// Every bound of the program that more than one module must agree on, with its unit and its reason.
public enum Limits {
    /// Bytes of one payload. Larger messages are refused at the door and counted: one record must fit in one chunk.
    public static let payloadSizeMax = 1 << 20
    /// Bytes of one topic: MQTT's own limit (OASIS MQTT 5.0, 1.5.4).
    public static let topicSizeMax = 65_535
    /// Bytes of all properties of one record together.
    public static let propertiesSizeMax = 64 << 10
    /// Bytes of a chunk before compression at which it is closed: large enough for zstd to find what repeats, small
    /// enough that reading one back costs little memory.
    public static let chunkSizeTarget = 128 << 10
    /// Bytes of a chunk before compression that nothing exceeds: the target plus one largest record.
    public static let chunkSizeMax = chunkSizeTarget + payloadSizeMax + topicSizeMax + propertiesSizeMax + 256
    /// Records in one chunk: bounds the index that reading one back builds.
    public static let chunkRecordsMax = 4096
    /// Bytes of records that wait for a commit, over all sources of a stream. A source that would go over it waits.
    public static let uncommittedSizeMax = 4 << 20
    /// Bytes of one serial line or frame, unless the configuration says less.
    public static let frameSizeMax = 4096
    /// Bytes of one stream's newest chunks that stay in memory for forwarders that keep up.
    public static let memoryTailSizeMax = 256 << 10
    /// Rejected records kept per uplink to be looked at and sent again; older ones make room, counted.
    public static let rejectedKeptMax = 1000

    /// Checks how the bounds relate; called at start and by a test.
    public static func check() {
        precondition(chunkSizeTarget + payloadSizeMax <= chunkSizeMax, "a chunk must hold a record of any allowed size")
        precondition(chunkSizeMax <= uncommittedSizeMax, "what may wait for a commit must hold one chunk")
        precondition(frameSizeMax <= payloadSizeMax, "every frame must fit in one record")
        precondition(topicSizeMax <= Int(UInt16.max), "a topic's length travels in 16 bits")
    }
}
