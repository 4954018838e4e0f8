import DeviceProfiles
import Testing

/// Answers that look alike, told apart by what was asked.
@Suite struct ReplyTests {
    private static let source = """
        framing = { kind = "line" }
        text = { format = "csv" }
        parameters = { unit = { type = "text", size = 2, default = "1" } }
        poll = [
          { text = "A{unit}?\\r\\n", reply = ["a"] },
          { text = "B{unit}?\\r\\n", reply = ["b"] },
          { text = "*IDN?\\r\\n" },
        ]
        message = [
          { name = "a", fields = [{ name = "a", column = 0 }] },
          { name = "b", fields = [{ name = "b", column = 0 }] },
        ]
        """

    private func answer(to request: String?) throws -> [String] {
        let decoder = ProfileDecoder(try profile(Self.source))
        return short(decoder.decode(Array("4.2".utf8)[...], request: request.map { Array($0.utf8) }))
    }

    @Test func `the request says which message answers it, whatever its parameters are`() throws {
        #expect(try answer(to: "A1?\r\n") == ["a=4.2"])
        #expect(try answer(to: "B1?\r\n") == ["b=4.2"])
        #expect(try answer(to: "B17?\r\n") == ["b=4.2"])
    }

    @Test(arguments: [nil, "", "*IDN?\r\n", "B?\r\n", "C1?\r\n", "B1?\r\nx"])
    func `without a request that says it the first message that fits is taken`(request: String?) throws {
        #expect(try answer(to: request) == ["a=4.2"])
    }

    @Test func `the device is asked by turns, and each answer is the one that was asked for`() throws {
        let device = try #require(PolledDevice(name: "d", profile: try profile(Self.source), values: ["unit": "9"]))
        guard case .request(let bytes, let rule) = device.requests[1].conversation else {
            Issue.record("the second is a request")
            return
        }
        #expect(String(decoding: bytes, as: UTF8.self) == "B9?\r\n")
        #expect(rule.judge(Array("4.2".utf8)[...]) == .answer)
    }

    @Test func `a message that no poll names alone is never reached`() {
        let text = Self.source.replacing(#"reply = ["b"]"#, with: #"reply = ["a", "b"]"#)
        let issue = issues(text).first ?? ""
        #expect(issue.hasSuffix(#""b" is never reached; give it match, or a poll that has only it in its reply"#))
    }

    @Test func `two braces in a request are one that is sent`() throws {
        let text = """
            framing = { kind = "line" }
            text = { format = "csv" }
            parameters = { unit = { type = "text", size = 2, default = "07" } }
            poll = { text = "{{F{unit}RDD}}\\r" }
            fields = [{ name = "a", column = 0 }]
            """.replacing("poll = {", with: "poll = [{").replacing("\\r\" }", with: "\\r\" }]")
        let poll = try #require(try profile(text).polls.first)
        let parameters = try profile(text).parameters
        #expect(poll.request.bytes(parameters: parameters).map { String(decoding: $0, as: UTF8.self) } == "{F07RDD}\r")
        let single = text.replacing("{{F", with: "{F").replacing("RDD}}", with: "RDD}").replacing("{unit}", with: "99")
        #expect(
            issues(single).first
                == #"7: poll[1].text: [parameters] has no "F99RDD"; write {{F99RDD}} where the device wants braces"#)
    }
}
