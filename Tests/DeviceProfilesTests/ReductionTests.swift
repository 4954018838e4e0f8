import DeviceProfiles
import Records
import Testing

@Suite struct RateReducerTests {
    private func reading(_ value: Double, _ name: String = "x") -> [Reading] {
        [Reading(name: name, value: .number(value))]
    }

    @Test func `values of an interval become one record with what is kept`() {
        var rule = RateRule()
        rule.every = .seconds(1)
        rule.keep = [.last, .mean, .min, .max]
        var reducer = RateReducer(rule, fields: [])
        for (time, value) in [(0, 3.0), (300, 1), (600, 2)] {
            #expect(reducer.add(reading(value), atMilliseconds: Int64(time)).isEmpty)
        }
        #expect(reducer.nextMilliseconds == 1000)
        #expect(reducer.flush(atMilliseconds: 999).isEmpty)
        let found = reducer.flush(atMilliseconds: 1000).map { "\($0.name)=\($0.value)" }
        #expect(found == ["x=number(2.0)", "x_mean=number(2.0)", "x_min=number(1.0)", "x_max=number(3.0)"])
        #expect(reducer.flush(atMilliseconds: 5000).isEmpty && reducer.nextMilliseconds == nil)
    }

    @Test func `a frame after the interval sends the interval, and begins the next`() {
        var rule = RateRule()
        rule.every = .seconds(1)
        var reducer = RateReducer(rule, fields: [])
        _ = reducer.add(reading(1), atMilliseconds: 0)
        #expect(reducer.add(reading(2), atMilliseconds: 2500) == reading(1))
        #expect(reducer.nextMilliseconds == 3500)
    }

    @Test func `only a change that is large enough goes out, and a heartbeat`() {
        var rule = RateRule()
        rule.changeMin = 0.5
        rule.heartbeat = .seconds(10)
        var reducer = RateReducer(rule, fields: [])
        let times: [(Int64, Double)] = [
            (0, 1), (1, 1.4), (2, 1.5), (3, 1.9), (10_001, 1.9), (10_002, 1.9), (20_002, 1.9),
        ]
        let sent = times.filter { !reducer.add(reading($0.1), atMilliseconds: $0.0).isEmpty }.map(\.0)
        #expect(sent == [0, 2, 10_002, 20_002])
    }

    @Test func `without a rule every frame goes out as it is`() {
        var reducer = RateReducer(RateRule(), fields: [])
        for time in 0..<3 { #expect(reducer.add(reading(1), atMilliseconds: Int64(time)) == reading(1)) }
    }

    @Test func `a set goes out when it is complete, or when its time is over`() {
        var collector = MessageCollector(CollectionRule(messages: ["a", "b"], within: .seconds(5)))
        #expect(collector.add(reading(2, "b"), message: "b", atMilliseconds: 0).isEmpty)
        #expect(collector.add(reading(1, "a"), message: "a", atMilliseconds: 10) == reading(1, "a") + reading(2, "b"))
        #expect(collector.add(reading(3, "a"), message: "a", atMilliseconds: 20).isEmpty)
        #expect(collector.add(reading(9, "c"), message: nil, atMilliseconds: 30) == reading(9, "c"))
        #expect(collector.nextMilliseconds == 5020)
        #expect(collector.flush(atMilliseconds: 5019).isEmpty)
        #expect(collector.flush(atMilliseconds: 5020) == reading(3, "a"))
    }

    @Test func `a secondary unit becomes its primary one only where it is asked for`() {
        let reading = Reading(name: "p", value: .number(1013.25), unit: "hPa")
        #expect(reading.inPrimaryUnit == Reading(name: "p", value: .number(101_325), unit: "Pa"))
        let text = Reading(name: "p", value: .text("x"), unit: "hPa")
        #expect(text.inPrimaryUnit == text)
    }
}
