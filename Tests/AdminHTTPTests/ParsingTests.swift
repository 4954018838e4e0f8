import Agent
import NIOCore
import Records
import Testing

@testable import AdminHTTP

@Suite struct ParsingTests {
    private func problem(_ target: String, known: [String] = ["stream", "from"]) -> String? {
        do throws(Query.Problem) {
            _ = try Query(target, known: known)
            return nil
        } catch {
            return error.text
        }
    }

    @Test func `a query is read strictly`() throws {
        #expect(problem("/records") == nil)
        #expect(problem("/records?") == nil)
        #expect(problem("/records?stream=a&stream=b")?.contains("twice") == true)
        #expect(problem("/records?limits=1")?.contains("unknown parameter \"limits\"") == true)
        #expect(problem("/records?stream=%zz")?.contains("percent") == true)
        #expect(problem("/records?stream=%ff")?.contains("percent") == true)
        #expect(problem("/records?stream=%+1")?.contains("percent") == true)
        #expect(problem("/records?stream=%4")?.contains("percent") == true)
        let query = try Query("/records?stream=a%2Fb+c&from=", known: ["stream", "from"])
        #expect(query["stream"] == "a/b c")
        #expect(query["from"] == "")
        #expect(Query.path(of: "/a/../b?x=/c") == "/a/../b")
    }

    @Test(arguments: [
        "", "0", "-", "--1", "+1", "1/2", "newest ", "0000018f106fc41b/0", "0000018f106fc41b/", "x/1", "1.5",
    ])
    func `what is no place in a stream is none`(text: String) {
        #expect(RecordStart(text) == nil)
    }

    @Test func `places in a stream are read`() throws {
        #expect(RecordStart("-0") == .last(0))
        #expect(RecordStart("18446744073709551615") == .sequence(SequenceNumber(.max)))
        let epoch = try #require(Epoch("0000018f106fc41b"))
        #expect(
            RecordStart("0000018f106fc41b/7") == .position(Position(epoch: epoch, sequence: SequenceNumber(7))))
    }

    @Test func `events are understood wherever they are cut, and comments are none`() {
        let bytes = Array(
            ": hi\n\nevent: record\nid: e/1\ndata: {\"a\":1}\n\nevent: end\ndata: {}\n\nevent: record\n".utf8)
        let expected = [
            AdminClient.Event(name: "record", id: "e/1", json: Array("{\"a\":1}".utf8)),
            AdminClient.Event(name: "end", id: nil, json: Array("{}".utf8)),
        ]
        for cut in 0...bytes.count {
            var reader = EventReader()
            #expect(reader.take(Array(bytes[..<cut])) + reader.take(Array(bytes[cut...])) == expected, "cut at \(cut)")
        }
    }

    @Test func `a payload with line feeds is one event, and only what is selected is sent`() throws {
        let gateway = try #require(GatewayID("g"))
        let epoch = Epoch(rawValue: 1)
        func record(_ sequence: UInt64, _ topic: String, _ payload: String) -> Record {
            Record(
                sequence: SequenceNumber(sequence), topic: topic, payload: Array(payload.utf8)[...],
                time: RecordTime(
                    wallMilliseconds: 0, quality: .synchronised, boot: BootID(high: 1, low: 1), bootMilliseconds: 0))
        }
        var page = RecordPage(next: Position(epoch: epoch, sequence: SequenceNumber(7)))
        page.lost = [
            LostRange(
                stream: .telemetry, epoch: epoch, first: SequenceNumber(1), last: SequenceNumber(3), bytes: 0,
                reason: .damaged, wallMilliseconds: 0)
        ]
        page.batch = RecordBatch(
            gateway: gateway, stream: .telemetry, epoch: epoch,
            records: [record(4, "a", "{\n\"x\":\r\n1}"), record(5, "b", "line\nfeed"), record(6, "a", "3")])
        let live = LivePage(page, from: Position(epoch: epoch, sequence: SequenceNumber(1)))
        func events(from sequence: UInt64, topic: String? = nil) -> [String] {
            let position = Position(epoch: epoch, sequence: SequenceNumber(sequence))
            guard let buffer = live.events(from: position, selected: topic.flatMap(TopicSelection.init)) else {
                return []
            }
            var reader = EventReader()
            return reader.take(Array(buffer.readableBytesView)).map { "\($0.name) \($0.id ?? "")" }
        }
        let all = ["lost 0000000000000001/3"] + (4...6).map { "record 0000000000000001/\($0)" }
        #expect(events(from: 1) == all)
        #expect(events(from: 2) == all)
        #expect(events(from: 5) == Array(all[2...]))
        #expect(events(from: 7) == [])
        #expect(events(from: 1, topic: "b") == [all[0], all[2]])
        #expect(events(from: 4, topic: "c") == [])
    }
}
