import Records

/// Whether a server ends the connection over one record. MQTT 3.1.1 has no other way to refuse a message: some servers
/// hang up over a topic that they do not take, or that we may not publish to, and a record like that would hold up all
/// behind it for ever.
///
/// A server that goes down looks the same at first. So a record is suspected when the connection was ended three times
/// while it was the first that was not confirmed; what settles it is a trial, in ``MQTTUplink``.
struct DropSuspicion {
    private struct Suspect: Equatable {
        let stream: StreamName
        let position: Position
    }

    /// Ends of a connection after which a record is tried.
    static let dropsMin = 3
    /// How often in turn the suspect alone must be dropped and another one alone confirmed.
    static let proofs = 3

    private var suspect: Suspect?
    private var drops = 0
    private var trials = 0

    /// Whether the first record of the batch is to be tried.
    func isDue(_ batch: RecordBatch) -> Bool { suspect == Self.suspect(of: batch) && drops >= Self.dropsMin }

    /// The server has ended the connection before it confirmed anything of the batch.
    mutating func dropped(_ batch: RecordBatch) {
        let first = Self.suspect(of: batch)
        if suspect == first {
            drops += 1
        } else {
            (suspect, drops, trials) = (first, 1, 0)
        }
    }

    /// Something of the batch was confirmed, or its first record rejected.
    mutating func settled(_ batch: RecordBatch) {
        if suspect == Self.suspect(of: batch) { (suspect, drops, trials) = (nil, 0, 0) }
    }

    /// A trial has proved nothing: the next one is held with another witness.
    mutating func failed() { trials += 1 }

    /// The record that is sent beside the suspect: the first of another topic, each topic in its turn; where there is
    /// only one topic, the next record. Nil where there is none.
    func witness(in batch: RecordBatch) -> Int? {
        let topic = batch.records[0].topic
        var seen: Set<String> = [topic]
        let others = batch.records.indices.filter { seen.insert(batch.records[$0].topic).inserted }
        if !others.isEmpty { return others[trials % others.count] }
        return batch.records.count > 1 ? 1 : nil
    }

    private static func suspect(of batch: RecordBatch) -> Suspect {
        Suspect(
            stream: batch.stream, position: Position(epoch: batch.epoch, sequence: batch.records[0].sequence))
    }
}
