import Agent
import NIOCore
import Records
import Synchronization
import Threads

/// Gives records to readers as they come.
///
/// Nothing is pushed: each reader has a place and takes what follows when it has room. Those that stand at the end
/// share what one task reads and encodes, at most ten times a second; who has fallen behind reads from the log itself.
/// So a slow reader delays nobody, and no queue grows.
final class LiveRecords: Sendable {
    /// A reader that is there.
    private struct Reader {
        let stream: StreamName
        var channel: (any Channel)?
        /// Since when it has something to take and does not.
        var busySince: ContinuousClock.Instant?
    }

    private struct State {
        var readers: [UInt64: Reader] = [:]
        var lastID: UInt64 = 0
        /// Behind what was read for those at the end.
        var heads: [StreamName: Position] = [:]
        /// What was read for them lately, the newest last.
        var pages: [StreamName: [LivePage]] = [:]
        var isClosed = false

        /// The readers that have not taken something since a moment; each is given once.
        mutating func takeStalled(since limit: ContinuousClock.Instant) -> [Reader] {
            var stalled: [Reader] = []
            for (id, reader) in readers {
                // Where there is room, it is this thread that has not come to it.
                guard let since = reader.busySince, since <= limit, let channel = reader.channel, channel.isActive,
                    !channel.isWritable
                else { continue }
                readers[id]?.busySince = nil
                stalled.append(reader)
            }
            return stalled
        }
    }

    private let agent: any AgentAccess
    private let complaints: Complaints
    let patience: AdminPatience
    private let state = Mutex(State())
    private let arrival = Announcement()
    private let pulse = Announcement()

    init(_ agent: any AgentAccess, patience: AdminPatience, complaints: Complaints) {
        self.patience = patience
        self.agent = agent
        self.complaints = complaints
    }

    /// Whether all streams are to end.
    var isClosed: Bool { state.withLock { $0.isClosed } }
    /// How often readers were woken.
    var pulses: UInt64 { pulse.generation }

    /// Returns at the first pulse after `seen`.
    func waitForPulse(after seen: UInt64) async { await pulse.wait(after: seen) }

    /// The connections of all readers that have been sent something.
    var channels: [any Channel] { state.withLock { $0.readers.values.compactMap(\.channel) } }

    /// Ends all streams, for good. Who takes nothing is not waited for: the agent would end no sooner.
    func close() {
        let stalled = state.withLock { state in
            state.isClosed = true
            return state.takeStalled(since: .now)
        }
        for reader in stalled { reader.channel?.close(mode: .all, promise: nil) }
        arrival.announce()
        pulse.announce()
    }

    // MARK: For readers

    /// A reader that begins at a place; nil where there are too many already.
    func reader(of stream: StreamName, at position: Position, selection: TopicSelection?) -> LiveReader? {
        let id: UInt64? = state.withLock { state in
            guard state.readers.count < AdminLimits.readersMax, !state.isClosed else { return nil }
            state.lastID += 1
            state.readers[state.lastID] = Reader(stream: stream)
            return state.lastID
        }
        guard let id else { return nil }
        arrival.announce()
        return LiveReader(self, id: id, stream: stream, position: position, selection: selection)
    }

    /// Forgets a reader that has ended.
    func leave(_ id: UInt64) {
        state.withLock { state in
            guard let reader = state.readers.removeValue(forKey: id),
                !state.readers.values.contains(where: { $0.stream == reader.stream })
            else { return }
            state.heads[reader.stream] = nil
            state.pages[reader.stream] = nil
        }
    }

    /// Notes that a reader begins to take something, or has taken it.
    func note(_ id: UInt64, isBusy: Bool, on channel: any Channel) {
        state.withLock { state in
            state.readers[id]?.channel = channel
            state.readers[id]?.busySince = isBusy ? .now : nil
        }
    }

    /// What follows a place; nil where nothing does yet.
    func page(of stream: StreamName, from position: Position) async throws -> LivePage? {
        let (isAtEnd, shared) = state.withLock { state -> (Bool, LivePage?) in
            guard let head = state.heads[stream] else { return (false, nil) }
            return (position >= head, state.pages[stream]?.first { $0.first <= position && position < $0.next })
        }
        if let shared { return shared }
        return isAtEnd ? nil : try await read(stream, from: position)
    }

    private func read(_ stream: StreamName, from position: Position) async throws -> LivePage? {
        let page = try await agent.records(
            of: stream, from: .position(position), recordsMax: AdminLimits.liveRecordsMax,
            bytesMax: AdminLimits.livePageSizeMax)
        return page.next > position ? LivePage(page, from: position) : nil
    }

    // MARK: The pump

    /// Reads on for those at the end, as long as there are any; until it is closed or cancelled.
    func run() async {
        while !Task.isCancelled, !isClosed {
            let (arrived, committed) = (arrival.generation, agent.commits)
            let streams = state.withLock { Set($0.readers.values.map(\.stream)) }
            guard !streams.isEmpty else {
                await arrival.wait(after: arrived)
                continue
            }
            var isBehind = false
            for stream in streams { isBehind = await advance(stream) || isBehind }
            pulse.announce()
            await dropStalled()
            if !isBehind { await waitForNews(after: committed, arrived) }
        }
    }

    /// Reads one page. Whether there may be more.
    private func advance(_ stream: StreamName) async -> Bool {
        do {
            guard let head = state.withLock({ $0.heads[stream] }) else {
                let end = try await agent.records(of: stream, from: .newest, recordsMax: 1, bytesMax: 1).next
                state.withLock { $0.heads[stream] = end }
                return false
            }
            guard let page = try await read(stream, from: head) else { return false }
            state.withLock { state in
                guard state.heads[stream] != nil else { return }
                state.heads[stream] = page.next
                var pages = (state.pages[stream] ?? []) + [page]
                while pages.count > 1, pages.reduce(0, { $0 + $1.size }) > AdminLimits.sharedSizeMax {
                    pages.removeFirst()
                }
                state.pages[stream] = pages
            }
            return page.isFull
        } catch {
            // A stream that is gone, or a thread that is not to be had: each reader learns of it by itself.
            state.withLock { $0.heads[stream] = nil }
            return false
        }
    }

    private func waitForNews(after committed: UInt64, _ arrived: UInt64) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.agent.waitForCommit(after: committed) }
            group.addTask { await self.arrival.wait(after: arrived) }
            // Cancellation ends the pauses, and with them the loop.
            group.addTask { try? await Task.sleep(for: min(self.patience.silence, self.patience.stall) / 3) }
            await group.next()
            group.cancelAll()
        }
        try? await Task.sleep(for: AdminLimits.pulse)
    }

    private func dropStalled() async {
        let limit = ContinuousClock.now - patience.stall
        for reader in state.withLock({ $0.takeStalled(since: limit) }) {
            guard let channel = reader.channel else { continue }
            let reads = "\(await ConnectionPeer.name(of: channel)), a reader of live records of \(reader.stream)"
            complaints.tell("\(reads), took too little for \(patience.stall) and was dropped")
            channel.close(mode: .all, promise: nil)
        }
    }
}
