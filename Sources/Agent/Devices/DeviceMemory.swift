import DeviceProfiles
import Records

/// What one device said last, and which of its readings are out of their range. Pure: time is given with each call.
struct DeviceMemory: Sendable {
    private(set) var readings: [Reading] = []
    private(set) var heardMilliseconds: Int64?
    private(set) var alarms: [RangeAlarm] = []

    /// Names of one device: beyond that it invents them.
    static let readingsMax = 1024

    /// Notes that it spoke.
    mutating func heard(atMilliseconds now: Int64) { heardMilliseconds = now }

    /// Notes what it said, and compares it with the ranges.
    mutating func note(_ latest: [Reading], ranges: [RangeRule]) {
        remember(latest)
        for rule in ranges {
            guard let reading = latest.last(where: { $0.name == rule.reading })?.inPrimaryUnit,
                case .number(let value) = reading.value
            else { continue }
            judge(value, unit: reading.unit, by: rule)
        }
    }

    private mutating func remember(_ latest: [Reading]) {
        // Mostly a frame has what the one before it had: then nothing is searched.
        if latest.count == readings.count, zip(latest, readings).allSatisfy({ $0.name == $1.name }) {
            readings = latest
            return
        }
        for reading in latest {
            if let index = readings.firstIndex(where: { $0.name == reading.name }) {
                readings[index] = reading
            } else if readings.count < Self.readingsMax {
                readings.append(reading)
            }
        }
    }

    private mutating func judge(_ value: Double, unit: String?, by rule: RangeRule) {
        let index = alarms.firstIndex { $0.reading == rule.reading }
        let before = index.flatMap { alarms[$0].isOn ? alarms[$0].side : nil }
        let side = rule.side(of: value, after: before)
        guard side != before else { return }
        guard let side, let limit = side == .above ? rule.above : rule.below else {
            if let index { alarms[index].isOn = false }
            return
        }
        var alarm = RangeAlarm(reading: rule.reading, side: side, limit: limit, value: value, unit: unit)
        if let index {
            alarm.onsets = alarms[index].onsets + 1
            alarms[index] = alarm
        } else {
            alarms.append(alarm)
        }
    }
}
