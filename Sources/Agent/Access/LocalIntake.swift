import LogStore
import Records
import Synchronization
import Threads

/// Takes in the records of local programs, and answers when they are on the disk. Those that come while a commit is
/// under way share the next one. A commit blocks, so it has a thread of its own.
actor LocalIntake {
    /// A record that waits, and what came of it.
    private final class Entry: Sendable {
        let slot: Int
        let record: LocalRecord
        let place = Mutex<Position?>(nil)

        init(slot: Int, record: LocalRecord) {
            self.slot = slot
            self.record = record
        }

        var size: Int { record.payload.count + record.topic.utf8.count }
    }

    /// Bytes that may wait; who comes then is told to come again.
    static let sizeMax = 4 << 20

    private let recorder: Recorder
    private let executor: ThreadExecutor
    private nonisolated let queue = Mutex<(entries: [Entry], size: Int)>(([], 0))

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ recorder: Recorder, on executor: ThreadExecutor) {
        self.recorder = recorder
        self.executor = executor
    }

    /// Where the record is, once it is on the disk; nil where it is not, because the log takes nothing at present.
    nonisolated func append(_ record: LocalRecord, to slot: Int) async -> Position? {
        let entry = Entry(slot: slot, record: record)
        let isTaken = queue.withLock { queue in
            guard queue.size + entry.size <= Self.sizeMax else { return false }
            queue.size += entry.size
            queue.entries.append(entry)
            return true
        }
        guard isTaken else { return nil }
        // When this returns, the entry was taken by this call or by one before it.
        await commitWaiting()
        return entry.place.withLock { $0 }
    }

    private func commitWaiting() {
        let entries = queue.withLock { queue in
            defer { queue = ([], 0) }
            return queue.entries
        }
        guard !entries.isEmpty else { return }
        let tickets = entries.map { entry in
            recorder.appendTicketed(
                entry.slot, topic: Array(entry.record.topic.utf8), payload: entry.record.payload,
                properties: entry.record.contentType.map { PackedProperties(RecordProperties(contentType: $0)) })
        }
        for (entry, place) in zip(entries, recorder.commit(tickets)) { entry.place.withLock { $0 = place } }
    }
}
