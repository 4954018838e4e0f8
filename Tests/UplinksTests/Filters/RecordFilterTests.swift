import MQTTTransport
import Records
import Testing

@testable import Uplinks

@Suite struct RecordFilterTests {
    private static func rule(
        _ topics: String..., selection: FilterRule.Selection = .all, fields: [String] = [], ignored: [String] = []
    ) -> FilterRule {
        FilterRule(
            topics: topics.map { MQTTTopicFilter($0)! }, selection: selection, fields: fields, ignored: ignored)
    }

    private static func position(_ sequence: UInt64) -> Position {
        Position(epoch: Sample.epoch, sequence: SequenceNumber(sequence))
    }

    private static func record(
        _ sequence: UInt64, _ payload: String, topic: String = "t", milliseconds: Int64 = 0,
        boot: BootID = Sample.boot, contentType: String? = nil
    ) -> Record {
        Sample.record(
            sequence, topic: topic, payload: payload.utf8,
            time: RecordTime(
                wallMilliseconds: Sample.milliseconds, quality: .synchronised, boot: boot,
                bootMilliseconds: milliseconds),
            properties: contentType.map { RecordProperties(contentType: $0) })
    }

    /// The payloads that a filter lets through, of records in order.
    private static func passed(_ filter: inout RecordFilter, _ records: [Record]) -> [String] {
        records.compactMap { filter.pass($0, of: Sample.epoch) }.map { String(decoding: $0.payload, as: UTF8.self) }
    }

    private static func passed(_ rules: [FilterRule], _ payloads: [String], topic: String = "t") -> [String] {
        var filter = RecordFilter(rules)
        filter.begin(behind: position(0))
        return passed(&filter, payloads.enumerated().map { record(UInt64($0 + 1), $1, topic: topic) })
    }

    // MARK: Rules

    @Test func `the first rule that matches decides, and what none matches is sent`() {
        let rules = [
            Self.rule("a/keep"), Self.rule("a/#", "b", selection: .none), Self.rule("#", selection: .all),
        ]
        for (topic, isSent) in [("a/keep", true), ("a", false), ("a/x/y", false), ("b", false), ("b/c", true)] {
            #expect(Self.passed(rules, ["1"], topic: topic).count == (isSent ? 1 : 0), "\(topic)")
        }
        #expect(Self.passed([], ["1", "2"]) == ["1", "2"])
    }

    @Test func `a sample is one record for each topic and interval, by the time of receipt`() {
        var filter = RecordFilter([Self.rule("#", selection: .sample(every: .seconds(10)))])
        filter.begin(behind: Self.position(0))
        let times: [Int64] = [0, 9_999, 10_000, 10_001, 25_000, 34_999, 35_000]
        let records = times.enumerated().map { Self.record(UInt64($0 + 1), "\($1)", milliseconds: $1) }
        #expect(Self.passed(&filter, records) == ["0", "10000", "25000", "35000"])
        #expect(Self.passed(&filter, [Self.record(8, "other", topic: "u", milliseconds: 35_001)]) == ["other"])
        let boot = BootID(high: 9, low: 9)
        #expect(Self.passed(&filter, [Self.record(9, "rebooted", milliseconds: 1, boot: boot)]) == ["rebooted"])
    }

    @Test func `of what does not change the first is sent`() {
        let rules = [Self.rule("#", selection: .changes(deadband: 0, atLeast: nil))]
        #expect(Self.passed(rules, ["on", "on", "off", "off", "on"]) == ["on", "off", "on"])
        #expect(Self.passed(rules, ["{\"v\":1}", "{\"v\": 1.0 }", "{\"w\":1}", "{\"w\":\"1\"}"]).count == 3)
        #expect(Self.passed(rules, ["", "", "\0"]).count == 2)
    }

    @Test func `numbers within the deadband of what was sent last are no change, however slowly they drift`() {
        let rules = [Self.rule("#", selection: .changes(deadband: 0.5, atLeast: nil))]
        let drift = ["20", "20.2", "20.4", "20.6", "20.8", "21", "21.2"].map { "{\"c\":\($0),\"s\":\"ok\"}" }
        #expect(Self.passed(rules, drift) == [drift[0], drift[3], drift[6]])
        #expect(Self.passed(rules, ["{\"c\":1,\"s\":\"ok\"}", "{\"c\":1,\"s\":\"bad\"}"]).count == 2)
        #expect(Self.passed(rules, ["{\"c\":1}", "{\"c\":1,\"d\":1}"]).count == 2)
    }

    @Test func `the times of SenML and ignored values are no change`() {
        let rules = [Self.rule("#", selection: .changes(deadband: 0, atLeast: nil), ignored: ["count", "s/up"])]
        func pack(_ time: Int, _ value: Int) -> String {
            "[{\"bn\":\"gw/d/\",\"bt\":\(time),\"n\":\"c\",\"v\":\(value)}]"
        }
        let time = 1_787_476_445
        #expect(Self.passed(rules, [pack(time, 1), pack(time + 5, 1), pack(time + 9, 2)]).count == 2)
        let json = (1...3).map { "{\"c\":1,\"count\":\($0),\"s\":{\"up\":\($0)}}" }
        #expect(Self.passed(rules, json) == [json[0]])
    }

    @Test func `what does not change is sent all the same when enough time has passed`() {
        var filter = RecordFilter([
            Self.rule("#", selection: .changes(deadband: 0, atLeast: .seconds(60)))
        ])
        filter.begin(behind: Self.position(0))
        let records = [0, 59_999, 60_000, 119_999, 120_000].enumerated().map {
            Self.record(UInt64($0 + 1), "same", milliseconds: Int64($1))
        }
        #expect(records.compactMap { filter.pass($0, of: Sample.epoch)?.sequence.rawValue } == [1, 3, 5])
    }

    // MARK: Fields

    @Test(
        arguments: [
            ("{\"a\":1,\"b\":{\"x\":[1,2]},\"c\":\"q\"}", "{\"a\":1,\"b\":{\"x\":[1,2]}}"),
            ("{ \"b\" : [ ] , \"z\" : {} , \"\\u0061\" : null }", "{\"b\":[ ],\"a\":null}"),
            ("{\"z\":1}", nil), ("{}", nil),
            ("[1,2]", "[1,2]"), ("21.5", "21.5"), ("not json", "not json"), ("{\"a\":1", "{\"a\":1"),
        ] as [(String, String?)])
    func `fields of an object are sent, and what is no object stays as it is`(payload: String, sent: String?) {
        #expect(Self.passed([Self.rule("#", fields: ["a", "b"])], [payload]) == [sent].compactMap(\.self))
    }

    @Test func `values of a pack keep their names, units and times when the first of them are left out`() {
        let pack = """
            [{"bn":"gw/d/","bt":1787476445,"bu":"Cel","n":"t","v":21.5},{"n":"h","u":"%RH","v":40,"t":-5},
             {"n":"state","vs":"o\\"k"},{"n":"on","vb":true},{"n":"raw","vd":"AQID"}]
            """
        let rules = [Self.rule("#", fields: ["h", "gw/d/state", "raw"])]
        let sent = """
            [{"bn":"gw/d/","bt":1787476440,"n":"h","u":"%RH","v":40},{"n":"state","u":"Cel","vs":"o\\"k","t":5},\
            {"n":"raw","u":"Cel","vd":"AQID","t":5}]
            """
        #expect(Self.passed(rules, [pack]) == [sent])
        #expect(Self.passed([Self.rule("#", fields: ["x"])], [pack]).isEmpty)
    }

    @Test func `changes are looked for in the fields that are sent`() {
        let rules = [Self.rule("#", selection: .changes(deadband: 0, atLeast: nil), fields: ["a"])]
        #expect(
            Self.passed(rules, ["{\"a\":1,\"b\":1}", "{\"a\":1,\"b\":2}", "{\"b\":3}", "{\"a\":2}"]) == [
                "{\"a\":1}", "{\"a\":2}",
            ])
    }

    // MARK: Going back

    @Test func `what is sent again is decided again as it was`() {
        var generator = SeededGenerator(seed: 7)
        let rules = [
            Self.rule("s", selection: .sample(every: .seconds(5))),
            Self.rule("#", selection: .changes(deadband: 0, atLeast: nil)),
        ]
        let records = (1...2000).map { number in
            Self.record(
                UInt64(number), "\(Int.random(in: 0..<3, using: &generator))",
                topic: ["s", "a", "b"].randomElement(using: &generator)!, milliseconds: Int64(number) * 700)
        }
        var straight = RecordFilter(rules)
        straight.begin(behind: Self.position(0))
        let expected = records.compactMap { straight.pass($0, of: Sample.epoch)?.sequence.rawValue }
        var filter = RecordFilter(rules)
        var sent: [UInt64] = []
        var confirmed = 0
        while confirmed < records.count {
            filter.confirmed(through: Self.position(UInt64(confirmed)))
            filter.begin(behind: Self.position(UInt64(confirmed)))
            let end = min(records.count, confirmed + Int.random(in: 1...50, using: &generator))
            let passed = records[confirmed..<end].compactMap { filter.pass($0, of: Sample.epoch)?.sequence.rawValue }
            // Up to some place in the batch it is confirmed; the rest is read again.
            let next = Int.random(in: confirmed...end, using: &generator)
            sent += passed.filter { $0 <= UInt64(next) }
            confirmed = next
        }
        #expect(sent == expected)
    }

    @Test func `a filter that does not know what came before sends more, never less`() {
        let rules = [Self.rule("#", selection: .changes(deadband: 0, atLeast: nil))]
        var filter = RecordFilter(rules)
        filter.begin(behind: Self.position(0))
        #expect(Self.passed(&filter, [Self.record(1, "a"), Self.record(2, "a")]) == ["a"])
        filter.confirmed(through: Self.position(2))
        filter.begin(behind: Self.position(1))
        #expect(Self.passed(&filter, [Self.record(2, "a")]) == ["a"], "the state before 2 is forgotten")
        filter.begin(behind: Self.position(9))
        #expect(Self.passed(&filter, [Self.record(10, "a")]) == ["a"], "what is between was not seen")
    }

    @Test func `however many topics there are, a bounded number is remembered`() {
        var filter = RecordFilter([Self.rule("#", selection: .changes(deadband: 0, atLeast: nil))])
        filter.begin(behind: Self.position(0))
        let count = RecordFilter.topicsMax + 10
        let first = (1...count).map { Self.record(UInt64($0), "same", topic: "t/\($0)") }
        #expect(Self.passed(&filter, first).count == count)
        let again = (1...count).map { Self.record(UInt64(count + $0), "same", topic: "t/\($0)") }
        let repeated = Self.passed(&filter, again).count
        #expect(repeated > 0 && repeated <= count)
    }
}
