import AgentTestKit
import Records
import Testing

@testable import Agent

/// What is remembered of devices and topics.
struct DeviceStateTests {
    private static func reading(_ name: String, _ value: Double, _ unit: String? = nil) -> Reading {
        Reading(name: name, value: .number(value), unit: unit)
    }

    @Test func `the newest value of each name is kept, whichever frames bring them`() {
        var memory = DeviceMemory()
        memory.note([Self.reading("a", 1), Self.reading("b", 2)], ranges: [])
        memory.note([Self.reading("a", 3), Self.reading("b", 4)], ranges: [])
        memory.note([Self.reading("c", 5)], ranges: [])
        memory.note([Self.reading("b", 6)], ranges: [])
        #expect(memory.readings == [Self.reading("a", 3), Self.reading("b", 6), Self.reading("c", 5)])
    }

    @Test func `P6 a device that invents names fills no memory`() {
        var memory = DeviceMemory()
        for number in 0..<3000 { memory.note([Self.reading("\(number)", 1), Self.reading("x", 1)], ranges: []) }
        #expect(memory.readings.count == DeviceMemory.readingsMax)
    }

    @Test func `an alarm is on beyond its limit until the value is back by the hysteresis`() {
        var rule = RangeRule(reading: "t")
        (rule.above, rule.below, rule.hysteresis) = (80, -20, 2)
        var memory = DeviceMemory()
        var states: [String] = []
        for value in [80, 81, 79, 78, 77, -20, -21, -19, -18, 90] {
            memory.note([Self.reading("t", Double(value))], ranges: [rule])
            let alarm = memory.alarms.first
            states.append(alarm.map { $0.isOn ? "\($0.side.rawValue)" : "-" } ?? "")
        }
        #expect(states == ["", "above", "above", "-", "-", "-", "below", "below", "-", "above"])
        #expect(memory.alarms.map(\.onsets) == [3])
        #expect(memory.alarms.map(\.value) == [90])
    }

    @Test func `a limit holds for the primary unit, in which the reading travels`() {
        var rule = RangeRule(reading: "p")
        rule.above = 100_000
        var memory = DeviceMemory()
        memory.note([Self.reading("p", 999, "hPa")], ranges: [rule])
        #expect(memory.alarms == [])
        memory.note([Self.reading("p", 1001, "hPa")], ranges: [rule])
        #expect(memory.alarms.map(\.value) == [100_100])
    }

    @Test func `a topic is silent by itself, and a filter of which nothing came`() {
        var watch = TopicWatch(
            [
                .init(filter: "a/+", stream: .telemetry, silentAfter: .seconds(10)),
                .init(filter: "b/#", stream: .telemetry, silentAfter: .seconds(5)),
                .init(filter: "c", stream: .telemetry),
            ], atMilliseconds: 0)
        watch.heard("a/1", route: 0, atMilliseconds: 1000)
        watch.heard("a/2", route: 0, atMilliseconds: 9000)
        watch.heard("c", route: 2, atMilliseconds: 9000)
        func silent(_ now: Int64) -> [String] {
            watch.states(source: "floor", atMilliseconds: now).filter(\.isSilent).map(\.name)
        }
        #expect(silent(5000) == [])
        #expect(silent(11_000) == ["b/#"])
        #expect(silent(11_001) == ["a/1", "b/#"])
        #expect(silent(20_000) == ["a/1", "a/2", "b/#"])
        for number in 0..<10_000 { watch.heard("a/x\(number)", route: 0, atMilliseconds: 9000) }
        #expect(watch.states(source: "floor", atMilliseconds: 0).count == TopicWatch.topicsMax + 1)
    }
}
