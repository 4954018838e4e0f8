import Records
import Synchronization

/// When each reading of a device came last, and for numbers the values before it: written by its line's thread, read by
/// any. Bounded, whatever a device invents.
final class ReadingHistory: Sendable {
    /// One reading.
    struct Series: Sendable {
        let name: String
        /// When the last value came, by `CLOCK_BOOTTIME`.
        fileprivate(set) var lastMilliseconds: Int64
        /// The newest last.
        fileprivate(set) var values: [Float] = []
        /// When the last one went in.
        fileprivate var kept = Int64.min
    }

    /// Readings of one device that are followed.
    static let readingsMax = 64
    /// Readings of one device whose earlier values are kept, too.
    static let historiesMax = 8
    /// Earlier values of a reading.
    static let valuesMax = 48
    /// The shortest time between two of them, milliseconds: with ``valuesMax``, twelve minutes.
    static let interval: Int64 = 15_000

    private let series = Mutex<[Series]>([])

    /// Notes the readings of a frame.
    func note(_ readings: [Reading], bootMilliseconds: Int64) {
        series.withLock { series in
            for (number, reading) in readings.enumerated() {
                Self.note(reading, near: number, bootMilliseconds, &series)
            }
        }
    }

    /// In the order in which they were first seen.
    var current: [Series] { series.withLock { $0 } }

    /// A frame mostly has its readings in the order of the one before it: `number` is looked at first.
    private static func note(_ reading: Reading, near number: Int, _ now: Int64, _ series: inout [Series]) {
        let index: Int
        if number < series.count, series[number].name == reading.name {
            index = number
        } else if let found = series.firstIndex(where: { $0.name == reading.name }) {
            index = found
        } else {
            guard series.count < readingsMax else { return }
            index = series.count
            series.append(Series(name: reading.name, lastMilliseconds: now))
        }
        series[index].lastMilliseconds = now
        guard index < historiesMax, case .number(let value) = reading.value,
            series[index].kept == .min || now >= series[index].kept + interval
        else { return }
        series[index].kept = now
        if series[index].values.count == valuesMax { series[index].values.removeFirst() }
        series[index].values.append(Float(value))
    }
}
