import LogStore
import Records

/// What is sent once more, in its turn.
extension LogReading {
    /// Batches of anything else between two of a replay, if there is anything else.
    static let turnsBetweenReplays = 3
    /// Parts of a range without anything to send that are looked at before something else has its turn.
    private static let skipsMax = 16

    /// What a replay sends next, which waits like a backlog; nil where there is none. Where much of a range is passed
    /// over, a piece of work without content, so that what is new has its turn.
    func replay(_ ahead: Work?, within opening: LinkControl.Opening) -> Work? {
        guard opening.allows(.backlog) else { return nil }
        let position = ahead.flatMap { $0.isReplay ? $0.range.end : nil }
        var skipped: Work?
        for _ in 0..<Self.skipsMax {
            guard let job = desk.job(for: uplink), priority(of: job.request.stream) >= opening.priorityMin else {
                return nil
            }
            let step = replays.next(
                of: job, behind: position, recordsMax: opening.recordsMax(of: .backlog),
                bytesMax: Self.batchSizeMax)
            if case .work(let work) = step {
                turnsSinceReplay = 0
                return work
            }
            // What is under way comes first.
            guard position == nil else { return nil }
            switch step {
            case .work: break
            case .skip(let end, let missing):
                desk.note(uplink, through: end) { $0.missing += missing }
                skipped = Work(passingOver: job.request.stream, through: end)
            case .done: desk.finish(uplink)
            case .refused(let problem): desk.finish(uplink, problem: problem)
            }
        }
        turnsSinceReplay = 0
        return skipped
    }

    private func priority(of stream: StreamName) -> Int {
        groups.joined().first { $0.stream == stream }?.priority ?? 0
    }
}
