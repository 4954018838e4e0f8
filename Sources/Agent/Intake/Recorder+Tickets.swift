import LogStore
import Records
import Threads

/// For sources that want to know where in the log their records are.
extension Recorder {
    /// Stands for a record that was appended: its place is known when its round is over.
    struct Ticket: Sendable {
        fileprivate let slot: Int
        fileprivate let round: UInt64
        /// Among the redeliverable records of the round, which come first in the chunk.
        fileprivate let number: UInt64
    }

    /// Like ``append(_:topic:payload:details:)``, for a record that its source sends again unless it is told the
    /// place. Nil where too much waits already.
    func appendTicketed(
        _ slot: Int, topic: [UInt8], payload: [UInt8], properties: PackedProperties?
    ) -> Ticket? {
        let details = IntakeDetails(properties: properties, isRedeliverable: true)
        return gate.withLock { state in
            guard state.intakes[slot].hasRoom(for: topic.count + payload.count + 64) else { return nil }
            let number = state.intakes[slot].redeliverable.reduce(0) { $0 + UInt64($1.count) }
            state.intakes[slot].append(
                topic: topic.span.bytes, payload: payload.span.bytes, details: details, clock: clock)
            state.awaitedSlots.insert(slot)
            return Ticket(slot: slot, round: state.round, number: number)
        }
    }

    /// Commits everything appended so far, and returns where each record is; nil where it is not on the disk. Blocks.
    func commit(_ tickets: [Ticket?]) -> [Position?] {
        let slots = Set(tickets.compactMap { $0?.slot })
        guard !slots.isEmpty else { return tickets.map { _ in nil } }
        // Its answer is of all streams together; what became of each is known by its place.
        _ = commit(slots)
        return gate.withLock { state in
            tickets.map { ticket in
                guard let ticket, let first = state.firsts[ticket.round]?[ticket.slot] else { return nil }
                let sequence = SequenceNumber(first.sequence.rawValue + ticket.number)
                return Position(epoch: first.epoch, sequence: sequence)
            }
        }
    }
}
