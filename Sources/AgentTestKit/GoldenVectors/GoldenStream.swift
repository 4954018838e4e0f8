import Records

/// Bytes with noise, damage and splits, and the frames that must come out of them.
public struct GoldenStream: Sendable, CustomStringConvertible {
    /// Its name, `neg-pms-badsum`.
    public let id: String
    /// What is spoken, `pms` or `modbus:1:4:4` (unit, function, bytes asked for).
    public let framer: String
    /// The bytes, as they were read.
    public let chunks: [[UInt8]]
    /// The names of the frames, in order.
    public let frames: [String]
    /// At least and at most so many frames must be told of as damaged.
    public let errorsMin: Int?, errorsMax: Int?
    /// So many bytes wait for more in the end.
    public let pendingBytes: Int?
    /// How many frames must have come after each chunk.
    public let framesAfterEachChunk: [Int]?
    /// What it shows.
    public let note: String

    init?(_ tree: JSONTree) {
        guard let id = tree["id"]?.string, let framer = tree["framer"]?.string, let expect = tree["expect"],
            case .array(let chunks) = tree["chunks_hex"], case .array(let frames) = expect["frames"]
        else { return nil }
        self.id = id
        self.framer = framer
        self.chunks = chunks.compactMap { $0.string.flatMap { [UInt8](hexadecimal: $0) } }
        self.frames = frames.compactMap(\.string)
        errorsMin = expect["errors_min"]?.integer
        errorsMax = expect["errors_max"]?.integer
        pendingBytes = expect["pending_bytes"]?.integer
        framesAfterEachChunk = expect["frames_after_each_chunk"]?.elements.compactMap(\.integer)
        note = tree["note"]?.string ?? ""
        guard self.chunks.count == chunks.count, self.frames.count == frames.count else { return nil }
    }

    /// Its name, in the list of a test's cases.
    public var description: String { id }
}
