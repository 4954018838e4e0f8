import Records

/// What is known of records beyond the cursor from one attempt to the next: those that were taken while one before them
/// was not are not sent again.
///
/// Kept in memory only: after a restart they come twice, under the same identity. Bounded: where it would
/// grow beyond its limit everything else is forgotten, with the same effect.
struct AttemptMemory: Sendable {
    /// Records that are remembered, over all streams: two of the largest batches.
    static let recordsMax = 4096

    private struct Log: Hashable {
        let stream: StreamName
        let epoch: Epoch
    }

    private var known: [Log: [SequenceNumber: Settlement.State]] = [:]
    private var count = 0

    /// What is known of each record of a batch.
    func states(of batch: RecordBatch) -> [Settlement.State] {
        guard let known = known[Log(stream: batch.stream, epoch: batch.epoch)] else {
            return Array(repeating: .open, count: batch.records.count)
        }
        return batch.records.map { known[$0.sequence] ?? .open }
    }

    /// Takes the place of all that was known of a batch's records; the first `done` are behind the cursor now.
    mutating func remember(_ states: [Settlement.State], of batch: RecordBatch, done: Int) {
        let log = Log(stream: batch.stream, epoch: batch.epoch)
        var known = known[log] ?? [:]
        count -= known.count
        for record in batch.records where !known.isEmpty { known[record.sequence] = nil }
        for (record, state) in zip(batch.records, states).dropFirst(done) {
            switch state {
            case .open, .doubtful: continue
            case .accepted, .refused: known[record.sequence] = state
            }
        }
        // What is left of logs that were skipped would fill it for ever; it is cheaper to forget than to keep account.
        if count + known.count > Self.recordsMax {
            self.known = [:]
            count = 0
        }
        count += known.count
        self.known[log] = known.isEmpty ? nil : known
    }
}
