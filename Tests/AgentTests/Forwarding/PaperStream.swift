import LogStore
import Records

@testable import Agent

/// A stream on paper: how many records each epoch has and when they came, a cursor, and the lanes that are tested.
struct PaperStream {
    struct Sent {
        let range: RecordRange
        let isShared: Bool
        let lane: Lane
        let isHistorical: Bool
    }

    var lanes: StreamLanes
    var cursor: Cursor
    private(set) var sent: [Sent] = []
    private var epochs: [(epoch: Epoch, times: [Int64])]
    private(set) var now: Int64 = 1_000_000
    private static let boot = BootID(high: 1, low: 2)

    init(_ order: DeliveryOrder = .freshFirst) {
        lanes = StreamLanes(order)
        let epoch = Epoch(rawValue: 1 << 40)
        epochs = [(epoch, [])]
        cursor = Cursor(at: Position(epoch: epoch, sequence: .zero))
    }

    var end: Position { position(epochs.count - 1, epochs[epochs.count - 1].times.count) }
    /// The newest, and one before those that came within ten seconds.
    var head: StreamLanes.Head {
        for (number, epoch) in epochs.enumerated() {
            // Hours of times, in order: the first that is young, by halves.
            var (low, high) = (0, epoch.times.count)
            while low < high {
                let middle = (low + high) / 2
                if epoch.times[middle] >= now - 10_000 { high = middle } else { low = middle + 1 }
            }
            if low < epoch.times.count { return StreamLanes.Head(start: position(number, low), end: end) }
        }
        return StreamLanes.Head(start: end, end: end)
    }
    var total: Int { epochs.reduce(0) { $0 + $1.times.count } }

    func position(_ epoch: Int, _ sequence: Int) -> Position {
        Position(epoch: epochs[epoch].epoch, sequence: SequenceNumber(UInt64(sequence)))
    }

    mutating func append(_ count: Int) {
        epochs[epochs.count - 1].times += Array(repeating: now, count: count)
    }

    mutating func advance(seconds: Int64) { now += seconds * 1000 }
    mutating func advance(milliseconds: Int64) { now += milliseconds }

    mutating func beginEpoch() {
        epochs.append((Epoch(rawValue: epochs[epochs.count - 1].epoch.rawValue + 1 << 40), []))
    }

    /// Reads until each lane has what there is for it.
    mutating func prepare(recordsMax: Int = 10, liveMax: Int? = nil) {
        let reading = ClockReading(
            boot: PaperStream.boot, bootMilliseconds: now, wallMilliseconds: 0, isSynchronised: false)
        lanes.lookAgain()
        while true {
            switch lanes.nextStep(cursor, head: head, reading) {
            case .done: return
            case .skip(let next): cursor.skip(to: next)
            case .read(let position, let last, let lane):
                lanes.read(
                    find(position, last, lane == .live ? liveMax ?? recordsMax : recordsMax), behind: position,
                    for: lane, end: end)
            }
        }
    }

    /// When a record came.
    func time(of position: Position) -> Int64 {
        epochs.first { $0.epoch == position.epoch }!.times[Int(position.sequence.rawValue) - 1]
    }

    /// Sends what one of the lanes has, the first that has something.
    @discardableResult
    mutating func send(_ order: [Lane] = [.live, .backlog], recordsMax: Int = 10, isConfirmed: Bool = true) -> Bool {
        prepare(recordsMax: recordsMax)
        for lane in order {
            guard let work = lanes.take(from: lane) else { continue }
            guard isConfirmed else { return true }
            guard case .records(let batch) = work.content, cursor.confirm(work.range) == work.range.count else {
                return false
            }
            sent.append(
                Sent(
                    range: work.range, isShared: work.isShared, lane: work.lane,
                    isHistorical: batch.delivery == .historical))
            return true
        }
        return false
    }

    private func find(_ position: Position, _ last: SequenceNumber?, _ recordsMax: Int) -> StreamLanes.Found {
        let index = epochs.firstIndex { $0.epoch == position.epoch }!
        let (epoch, times) = epochs[index]
        let first = Int(position.sequence.rawValue) + 1
        guard first <= times.count else {
            return index + 1 < epochs.count ? .next(self.position(index + 1, 0)) : .nothing
        }
        let end = min(first + recordsMax - 1, times.count, last.map { Int($0.rawValue) } ?? .max)
        let records = (first...end).map { number in
            Record(
                sequence: SequenceNumber(UInt64(number)), topic: "t", payload: [],
                time: RecordTime(
                    wallMilliseconds: 0, quality: .unsynchronised, boot: PaperStream.boot,
                    bootMilliseconds: times[number - 1]))
        }
        return .work(
            Work(RecordBatch(gateway: GatewayID("gw")!, stream: .telemetry, epoch: epoch, records: records)))
    }
}
