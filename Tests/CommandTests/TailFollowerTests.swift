import Synchronization
import Testing

@testable import AdminHTTP
@testable import millrace

/// What `millrace tail` prints of the events that come.
struct TailFollowerTests {
    private final class Lines: Sendable {
        private let all = Mutex<[String]>([])
        var current: [String] { all.withLock { $0 } }
        func take(_ line: String) -> Bool {
            all.withLock { $0.append(line) }
            return true
        }
    }

    private func event(_ name: String, _ id: String?, _ json: String) -> AdminClient.Event {
        var event = AdminClient.Event()
        event.name = name
        event.id = id
        event.json = Array(json.utf8)
        return event
    }

    @Test func `it ends after so many records that fit, and remembers the last it saw`() {
        let lines = Lines()
        var follower = TailFollower(device: "air", isJSON: true, left: 2, output: lines.take)
        let isWanted = follower.take(event("record", "e/1", "{\"device\":\"water\"}"))
        #expect(isWanted)
        let isFirstWanted = follower.take(event("record", "e/2", "{\"device\":\"air\"}"))
        #expect(isFirstWanted)
        #expect(!follower.isDone && follower.last == "e/2")
        let isMoreWanted = follower.take(event("record", "e/3", "{\"device\":\"air\",\"n\":2}"))
        #expect(!isMoreWanted)
        #expect(follower.isDone && follower.last == "e/3")
        #expect(lines.current == ["{\"device\":\"air\"}", "{\"device\":\"air\",\"n\":2}"])
    }

    @Test func `the end of a stream is no record, and its reason is kept`() {
        let lines = Lines()
        var follower = TailFollower(device: nil, isJSON: true, left: .max, output: lines.take)
        #expect(!follower.hasBegun)
        let isMoreWanted = follower.take(event("end", nil, "{\"reason\":\"the agent stops\"}"))
        #expect(isMoreWanted)
        #expect(follower.reason == "the agent stops" && follower.hasBegun && follower.last == nil)
        #expect(lines.current.isEmpty)
    }

    @Test func `it ends when nobody reads what it prints`() {
        var follower = TailFollower(device: nil, isJSON: true, left: .max) { _ in false }
        let isMoreWanted = follower.take(event("record", "e/1", "{}"))
        #expect(!isMoreWanted && follower.isDone)
    }

    @Test func `a payload that steers terminals is shown without`() {
        let lines = Lines()
        var follower = TailFollower(device: nil, isJSON: false, left: .max, output: lines.take)
        _ = follower.take(
            event("record", "e/1", "{\"time\":\"T\",\"topic\":\"a\\u001bb\",\"text\":\"x\\u001b[31m\\ny\"}"))
        _ = follower.take(event("record", "e/2", "{\"time\":\"T\",\"topic\":\"a\",\"data\":{\"v\":[1,\"\\u001b\"]}}"))
        #expect(lines.current == ["T  a b  x [31m y", "T  a  {\"v\":[1,\"\\u001b\"]}"])
    }
}
