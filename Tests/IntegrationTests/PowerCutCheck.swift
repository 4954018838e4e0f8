import AgentTestKit
import Glibc
import LogStore
import Records

/// Opens what a power cut has left, with the program's own recovery, and finds every promise that is broken.
struct PowerCutCheck {
    static let uplink = UplinkName("central")!
    static let capacity = ByteCount.mebibytes(4)

    /// What a log holds, read from its oldest record on.
    struct Content {
        var numbers: [Position: Int] = [:]
        var losses: [LostRange] = []
        var problems: [String] = []
    }

    /// Sentences about what is wrong; empty for a sound log.
    static func problems(of image: FolderImage, after promises: PowerCutPromises) throws -> [String] {
        let folder = try TemporaryFolder("image", isInMemory: true)
        try image.write(to: folder.file("log"))
        let log: RingLog
        do {
            log = try open(folder.file("log"))
        } catch {
            return ["P4: it does not open: \(error)"]
        }
        let content = content(of: log)
        var problems = content.problems
        problems += missing(in: content, promises)
        problems += identities(in: content, promises)
        problems += forwarding(of: log, content, promises)
        let new = try append(PowerCutMessage.countMax - 3..<PowerCutMessage.countMax, to: log)
        for position in new.keys where promises.sent[position] != nil || content.numbers[position] != nil {
            problems.append("P7: \(position) is given away a second time")
        }
        let cursor = log.position(of: uplink, in: .telemetry)
        log.close()
        problems += try again(folder, content, new, cursor)
        return problems
    }

    static func open(_ path: String) throws -> RingLog {
        try RingLog(
            LogSettings(
                path: path, gateway: GatewayID(RunningAgent.gateway)!,
                streams: [.telemetry: StreamSettings(capacity: capacity)], uplinks: [uplink: [.telemetry]]),
            clock: ManualClock())
    }

    /// Everything that is held, or what follows `position`.
    static func content(of log: RingLog, behind position: Position? = nil) -> Content {
        var content = Content()
        guard let reader = log.reader(of: .telemetry), let start = log.statistics().streams[.telemetry]?.start else {
            content.problems.append("there is no stream")
            return content
        }
        var position = position ?? start
        while true {
            switch reader.read(behind: position, recordsMax: 500, bytesMax: 1 << 20) {
            case .records(let batch):
                for record in batch.records {
                    position = Position(epoch: batch.epoch, sequence: record.sequence)
                    if let number = PowerCutMessage.number(record.payload) {
                        content.numbers[position] = number
                    } else {
                        content.problems.append("\(position) has a payload that nobody sent")
                    }
                }
            case .lost(let loss):
                content.losses.append(loss)
                position = Position(epoch: loss.epoch, sequence: loss.last)
            case .next(let next): position = next
            case .upToDate: return content
            }
        }
    }

    /// The high-water mark, which says how far the log was committed: OnDiskFormat.md.
    static func mark(in image: FolderImage) -> Position? {
        image.files["streams/telemetry/high-water"].flatMap(mark)
    }

    /// The high-water mark of a log that is in use.
    static func mark(at path: String) -> Position? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 32)
        return read(descriptor, &bytes, bytes.count) == bytes.count ? mark(bytes) : nil
    }

    private static func mark(_ bytes: [UInt8]) -> Position? {
        guard bytes.count == 32, bytes[0] != 0 else { return nil }
        func integer(at offset: Int) -> UInt64 {
            bytes[offset..<offset + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        return Position(epoch: Epoch(rawValue: integer(at: 8)), sequence: SequenceNumber(integer(at: 16)))
    }

    private static func missing(in content: Content, _ promises: PowerCutPromises) -> [String] {
        let held = Set(content.numbers.values)
        var evicted: Set<Int> = []
        if let through = promises.evictedThrough {
            evicted = Set(promises.history.filter { $0.key <= through }.values)
        }
        let missing = promises.acknowledged.subtracting(held).subtracting(evicted).sorted()
        var problems =
            missing.isEmpty ? [] : ["P1: acknowledged and gone: \(missing.prefix(5)), \(missing.count) in all"]
        if let loss = content.losses.first { problems.append("\(loss) although nothing was damaged") }
        return problems
    }

    private static func identities(in content: Content, _ promises: PowerCutPromises) -> [String] {
        content.numbers.compactMap { position, number in
            let known = promises.sent[position] ?? promises.history[position]
            guard let known, known != number else { return nil }
            return "P7: \(position) names \(known) and \(number)"
        }
    }

    /// Cursor, sums, and what the uplink would get now.
    private static func forwarding(of log: RingLog, _ content: Content, _ promises: PowerCutPromises) -> [String] {
        var problems = sums(of: log)
        let cursor = log.position(of: uplink, in: .telemetry)
        for position in content.numbers.keys where position <= cursor && promises.sent[position] == nil {
            problems.append("P2: the cursor is at \(cursor), but \(position) was never sent")
        }
        guard let reader = log.reader(of: .telemetry) else { return problems }
        draining: while true {
            let position = log.position(of: uplink, in: .telemetry)
            switch reader.read(behind: position, recordsMax: 500, bytesMax: 1 << 20) {
            case .records(let batch):
                log.confirm(RecordRange(batch), by: uplink, in: .telemetry)
            case .lost(let loss):
                let known = log.describe(loss, for: uplink)
                let end = Position(epoch: known.epoch, sequence: known.last)
                if known.reason != .overwritten || promises.evictedThrough.map({ end > $0 }) ?? true {
                    problems.append("P3: \(known), evicted through \(String(describing: promises.evictedThrough))")
                }
                log.confirm(known, by: uplink)
            case .next(let position): log.skip(to: position, by: uplink, in: .telemetry)
            case .upToDate: break draining
            }
        }
        return problems + sums(of: log)
    }

    /// P3: `accepted = forwarded + held + lost + rejected + filtered`.
    static func sums(of log: RingLog) -> [String] {
        guard let sums = log.statistics().uplinks[uplink]?[.telemetry] else { return ["P3: no sums"] }
        let known = sums.forwarded + sums.held + sums.lost + sums.rejected + sums.filtered
        guard sums.accepted != known else { return [] }
        return [
            "P3: \(sums.accepted) accepted, \(sums.forwarded) forwarded, \(sums.held) held, \(sums.lost) lost, "
                + "\(sums.rejected) rejected, \(sums.filtered) filtered"
        ]
    }

    /// Appends messages and gives their positions.
    static func append(_ numbers: Range<Int>, to log: RingLog) throws -> [Position: Int] {
        let clock = ManualClock()
        var builder = ChunkBuilder(clock: clock.read())
        for number in numbers {
            let (topic, payload) = (Array(PowerCutMessage.topic(number).utf8), PowerCutMessage.payload(number))
            builder.append(
                topic: topic.span.bytes, payload: payload.span.bytes, bootMilliseconds: clock.bootMilliseconds())
        }
        if let failure = log.commit([.telemetry: [builder]])[.telemetry] { throw failure }
        let end = log.statistics().streams[.telemetry]!.end
        return Dictionary(
            uniqueKeysWithValues: numbers.enumerated().map { index, number in
                let sequence = end.sequence.rawValue - UInt64(numbers.count - 1 - index)
                return (Position(epoch: end.epoch, sequence: SequenceNumber(sequence)), number)
            })
    }

    /// A start after an orderly stop finds the same, with what was appended; room may have been made for it.
    private static func again(
        _ folder: TemporaryFolder, _ content: Content, _ new: [Position: Int], _ cursor: Position
    ) throws -> [String] {
        let log = try open(folder.file("log"))
        defer { log.close() }
        let found = log.position(of: uplink, in: .telemetry)
        if found != cursor { return ["the second start has the cursor at \(found), not \(cursor)"] }
        let second = self.content(of: log)
        let start = log.statistics().streams[.telemetry]!.start
        let expected = content.numbers.filter { $0.key > start }.merging(new) { $1 }
        let more = second.numbers.filter { expected[$0.key] != $0.value }.map { "\($0.key): \($0.value)" }.sorted()
        let less = expected.filter { second.numbers[$0.key] == nil }.map { "\($0.key): \($0.value)" }.sorted()
        if !more.isEmpty || !less.isEmpty { return ["the second start finds \(more) and lacks \(less)"] }
        return second.problems + sums(of: log)
    }
}
