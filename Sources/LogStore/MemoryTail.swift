import Records

/// The newest chunks of a stream, still in memory, so that a forwarder that keeps up never reads the disk. Bounded;
/// the oldest chunk makes room.
struct MemoryTail: Sendable {
    private var chunks: [Chunk] = []
    private var size = 0
    private let sizeMax: Int

    init(sizeMax: Int) { self.sizeMax = sizeMax }

    /// Adds a chunk that was just committed.
    mutating func append(_ chunk: Chunk) {
        if let last = chunks.last, last.epoch != chunk.epoch || last.last.next != chunk.first { removeAll() }
        chunks.append(chunk)
        size += chunk.body.count
        var surplus = 0
        while size > sizeMax, surplus < chunks.count {
            size -= chunks[surplus].body.count
            surplus += 1
        }
        if surplus > 0 { chunks.removeFirst(surplus) }
    }

    /// The chunk that holds a record; nil where it is not in memory any more.
    func chunk(holding position: Position) -> Chunk? {
        guard let oldest = chunks.first, oldest.epoch == position.epoch, oldest.first <= position.sequence else {
            return nil
        }
        return chunks.last { $0.first <= position.sequence && position.sequence <= $0.last }
    }

    /// Right before the first chunk that was begun at or after a moment of a boot; nil where none is in memory.
    func start(since milliseconds: Int64, of boot: BootID) -> Position? {
        guard let chunk = chunks.first(where: { $0.clock.boot == boot && $0.clock.bootMilliseconds >= milliseconds })
        else { return nil }
        return Position(epoch: chunk.epoch, sequence: chunk.first.previous)
    }

    /// Forgets everything, when an epoch ends.
    mutating func removeAll() {
        chunks.removeAll()
        size = 0
    }
}
