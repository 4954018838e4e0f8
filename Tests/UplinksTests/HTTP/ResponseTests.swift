import AgentTestKit
import Records
import Testing

@testable import Uplinks

@Suite struct ResponseTests {
    private static let november = "Sun, 06 Nov 1994 08:49:37 GMT"

    @Test(arguments: [november, "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"])
    func `the three forms of a date are read`(text: String) {
        // Two digits are of this century.
        let milliseconds: Int64 = text.contains("-94") ? 3_939_871_777_000 : 784_111_777_000
        #expect(HTTPDate.milliseconds(text) == milliseconds)
    }

    @Test(arguments: ["", "tomorrow", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 32 Nov 1994 08:49:37 GMT", "1 2 3 4 5"])
    func `what is no date is none`(text: String) { #expect(HTTPDate.milliseconds(text) == nil) }

    @Test func `a wait is asked for in seconds, or as a date by the clock of the one who asks`() {
        func wait(_ fields: HTTPFields) -> RetryAfter? { RetryAfter(HTTPResponse(status: 503, fields: fields)) }
        #expect(wait([:]) == nil)
        #expect(wait(["Retry-After": "120"]) == .delay(.seconds(120)))
        #expect(wait(["retry-after": " 120"]) == .delay(.seconds(120)))
        #expect(wait(["retry-after": "99999999999999999999999"]) == .delay(.seconds(Int64(Int32.max))))
        #expect(wait(["retry-after": "-5"]) == nil)
        #expect(wait(["retry-after": "soon"]) == nil)
        let later = "Sun, 06 Nov 1994 08:50:37 GMT"
        #expect(wait(["Retry-After": later, "Date": Self.november]) == .delay(.seconds(60)))
        #expect(wait(["Retry-After": Self.november, "Date": later]) == .delay(.zero))
        #expect(wait(["Retry-After": later]) == .date(milliseconds: 784_111_837_000))
    }

    @Test func `a date without the asker's clock counts only for a gateway that knows the time`() {
        let clock = ManualClock(wallMilliseconds: 784_111_777_000)
        let date = RetryAfter.date(milliseconds: 784_111_837_000)
        #expect(date.delay(clock) == .seconds(60))
        clock.change { $0.isSynchronised = false }
        #expect(date.delay(clock) == nil)
    }

    @Test func `a reason is one short line, whatever the body holds`() {
        func reason(_ body: String) -> String {
            ResponseVerdict.reason(of: HTTPResponse(status: 400, body: Array(body.utf8)))
        }
        #expect(reason("") == "HTTP 400 Bad Request")
        #expect(reason("\u{1B}[31m no\r\n\tsuch\u{202E} unit ") == "HTTP 400 Bad Request: [31m no such unit")
        #expect(reason(String(repeating: "x", count: 100_000)).count < 250)
        let broken = HTTPResponse(status: 400, body: [0xFF, 0xFE, 0x41])
        #expect(ResponseVerdict.reason(of: broken).hasSuffix("A"))
    }

    @Test func `a redirection is not followed, and its target is named`() {
        let response = HTTPResponse(status: 308, fields: ["Location": "https://elsewhere.example/in"])
        guard case .retry(nil, let reason, true) = ResponseVerdict(status: response) else {
            Issue.record("a redirection is an alarm")
            return
        }
        #expect(reason.contains("https://elsewhere.example/in"))
    }
}
