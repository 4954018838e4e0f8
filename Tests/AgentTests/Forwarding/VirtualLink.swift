import LogStore
import Records
import Uplinks

@testable import Agent

/// A link in virtual time: sensors, lanes, limits and batches as the forwarder puts them together, without its threads.
struct VirtualLink {
    /// Bytes that the wire carries in a second.
    var capacity = 10_000_000
    /// What a batch takes beside its bytes.
    var roundTrip = Duration.milliseconds(20)
    /// Bytes of a record on the wire, and of a batch beside its records.
    var recordSize = 250
    var batchSize = 60
    /// New records in a second.
    var liveRate = 100

    private(set) var stream = PaperStream()
    private(set) var delays: [Duration] = []
    private(set) var drained = 0
    /// Bytes that went over the wire, by the second in which they did.
    private(set) var bytes: [Int]
    private var meter: LinkMeter
    private var pace = BatchPace()
    private var share = LaneShare(backlogShare: 0.25)
    private var traffic = LinkTraffic()
    private let origin = ContinuousClock.now
    private var elapsed = Duration.zero
    private var arrived = 0
    private var isBehind = false
    private let seconds: Int

    init(_ limits: LinkLimits, seconds: Int) {
        meter = LinkMeter(limits, at: origin)
        self.seconds = seconds
        bytes = Array(repeating: 0, count: seconds + 1)
    }

    mutating func run(backlog: Int) {
        stream.append(backlog)
        stream.advance(seconds: 3600)
        var isShared = false
        while elapsed < .seconds(seconds) {
            let wait = meter.wait(for: .live, at: origin + elapsed)
            guard wait == .zero else {
                pass(wait)
                continue
            }
            var opening = LinkControl.Opening()
            opening.liveMax = meter.recordsMax(for: .live, isShared: isShared, latency: pace.latency) ?? .max
            opening.backlogMax = meter.recordsMax(for: .backlog, isShared: isShared, latency: pace.latency) ?? .max
            opening = opening.limited(to: pace.recordsMax, isShared: isShared)
            stream.prepare(recordsMax: opening.backlogMax, liveMax: opening.liveMax)
            guard let (work, lane) = take() else {
                pass(.milliseconds(10))
                continue
            }
            isShared = work.isShared
            send(work, in: lane)
        }
    }

    private mutating func take() -> (Work, Lane)? {
        for lane in share.order {
            guard let work = stream.lanes.take(from: lane) else { continue }
            let other = lane == .live ? Lane.backlog : .live
            share.gave(
                work.weight, to: lane, isAll: work.isLast, isAlone: stream.lanes.kind(of: other) == nil)
            return (work, lane)
        }
        return nil
    }

    private mutating func send(_ work: Work, in lane: Lane) {
        let size = Int(work.range.count) * recordSize + batchSize
        let duration = roundTrip + .seconds(Double(size) / Double(capacity))
        pass(duration)
        traffic.bytesSent += UInt64(size)
        bytes[min(seconds, Int(elapsed.components.seconds))] += size
        stream.cursor.confirm(work.range)
        meter.note(traffic, for: work.lane, records: Int(work.range.count), at: origin + elapsed)
        if lane == .live { isBehind = work.isShared && !work.isLast }
        pace.confirmed(
            records: Int(work.range.count), in: duration, isShared: work.isShared, isBehind: isBehind)
        if lane == .backlog { drained += Int(work.range.count) }
        guard lane == .live, work.isShared else { return }
        for number in work.range.first.rawValue...work.range.last.rawValue {
            let position = Position(epoch: work.range.epoch, sequence: SequenceNumber(number))
            delays.append(.milliseconds(stream.now - stream.time(of: position)))
        }
    }

    /// Lets time pass; records come meanwhile, each at its own moment.
    private mutating func pass(_ duration: Duration) {
        let end = elapsed + duration
        while true {
            let next = Duration.seconds(Double(arrived + 1) / Double(liveRate))
            guard next <= end else { break }
            step(to: next)
            stream.append(1)
            arrived += 1
        }
        step(to: end)
    }

    private mutating func step(to moment: Duration) {
        let before = elapsed.wholeMilliseconds
        elapsed = moment
        stream.advance(milliseconds: elapsed.wholeMilliseconds - before)
    }

    /// Of the delays of live records.
    func percentile(_ part: Double) -> Duration {
        let sorted = delays.sorted()
        return sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]
    }

    /// The largest deviation from a rate over a minute, whichever minute it is; the first seconds are those in which
    /// lanes open and sizes are learned.
    func deviation(from rate: Int, after first: Int = 10) -> Double {
        let minutes = (first...(seconds - 60)).map { start in
            Double(bytes[start..<(start + 60)].reduce(0, +)) / Double(60 * rate)
        }
        return minutes.map { abs($0 - 1) }.max() ?? 1
    }
}
