import Records
import Synchronization

/// The last readings of one device, and for numbers those before them: written by its line's thread, read by any.
/// Bounded, whatever a device invents.
final class DeviceReadings: Sendable {
    /// Readings of one device that are kept.
    static let readingsMax = 64
    /// Readings of one device whose earlier values are kept, too.
    static let historiesMax = 8
    /// Earlier values of a reading.
    static let historyMax = 48
    /// The shortest time between two of them: with ``historyMax``, twelve minutes.
    static let historyInterval: Int64 = 15_000

    private struct Series: Sendable {
        var status: ReadingStatus
        /// When the last value went into the history.
        var kept = Int64.min
    }

    private let state = Mutex<(last: Int64?, series: [Series])>((nil, []))

    /// Notes that something came that is not read.
    func heard(bootMilliseconds: Int64) { state.withLock { $0.last = bootMilliseconds } }

    /// Notes the readings of a frame.
    func note(_ readings: [Reading], bootMilliseconds: Int64) {
        state.withLock { state in
            state.last = bootMilliseconds
            for (number, reading) in readings.enumerated() {
                Self.note(reading, near: number, bootMilliseconds, &state.series)
            }
        }
    }

    /// When it was last heard, and its readings in the order in which they were first seen.
    var current: (last: Int64?, readings: [ReadingStatus]) {
        state.withLock { ($0.last, $0.series.map(\.status)) }
    }

    /// A frame mostly has its readings in the order of the one before it: `number` is looked at first.
    private static func note(_ reading: Reading, near number: Int, _ now: Int64, _ series: inout [Series]) {
        let index: Int
        if number < series.count, series[number].status.reading.name == reading.name {
            index = number
        } else if let found = series.firstIndex(where: { $0.status.reading.name == reading.name }) {
            index = found
        } else {
            guard series.count < readingsMax else { return }
            index = series.count
            series.append(Series(status: ReadingStatus(reading, bootMilliseconds: now)))
        }
        series[index].status.reading = reading
        series[index].status.bootMilliseconds = now
        guard index < historiesMax, case .number(let value) = reading.value,
            series[index].kept == .min || now >= series[index].kept + historyInterval
        else { return }
        series[index].kept = now
        if series[index].status.history.count == historyMax { series[index].status.history.removeFirst() }
        series[index].status.history.append(Float(value))
    }
}
