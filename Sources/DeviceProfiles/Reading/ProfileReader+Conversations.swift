import SerialIO
import StrictTOML

/// `[parameters]`, `[[poll]]`, `[[init]]`, `[[wake]]`, `[[shutdown]]`.
extension ProfileReader {
    private static let intervals: ClosedRange<Duration> = .milliseconds(1)...(.seconds(86_400))
    private static let timeouts: ClosedRange<Duration> = .milliseconds(1)...(.seconds(60))

    func readParameters(_ top: TableReader) -> [Parameter] {
        top.namedTables("parameters", example: "address").compactMap { named in
            let table = named.reader
            defer { table.finish() }
            table.require("type", example: "\"u8\"")
            let word = table.string("type") ?? "u8"
            let size = table.integer("size", in: 1...64)
            let text = table.scalar("default")?.description
            guard let (type, _) = BinaryType.parse(word), [.unsigned, .signed, .bcd, .text, .hex].contains(type.coding)
            else {
                table.fail(
                    "\(quoted(word)) is no type of a parameter; there are u8, u16be, ..., bcdbe, bcdle, text, hex, "
                        + "hexle",
                    at: "type")
                return nil
            }
            if type.size != nil, size != nil { table.fail("the type has a size of its own", at: "size") }
            if type.size == nil { table.require("size", example: "6") }
            let parameter = Parameter(
                name: named.name, type: type, size: type.size ?? size ?? 1, defaultText: text)
            if let text, parameter.encode(text) == nil {
                table.fail("\(quoted(text)) does not fit the type", at: "default")
            }
            return parameter
        }
    }

    func readConversations(_ top: TableReader, into profile: inout Profile) {
        let polls = top.tables("poll") ?? []
        let isAsked = profile.isModbus || profile.mbus != nil || profile.sdi12 != nil
        if isAsked, let first = polls.first {
            first.fail("this framing has a table of its own that says what is asked for")
        }
        profile.polls = polls.compactMap { readPoll($0, profile) }
        if profile.framing.isKnownByRequest {
            let sizes = profile.polls.map { poll in
                ReplySize(request: poll.request.pattern(profile.parameters), size: poll.size ?? 1)
            }
            profile.framing.kind = .reply(sizes)
            if polls.isEmpty { top.fail("kind = \"reply\" needs a [[poll]] with size, the bytes of its answer") }
        }
        profile.initialisation = readSteps(top, "init", profile)
        profile.wake = readSteps(top, "wake", profile)
        profile.shutdown = readSteps(top, "shutdown", profile)
    }

    private func readPoll(_ table: TableReader, _ profile: Profile) -> Poll? {
        defer { table.finish() }
        if !table.has("text") { table.require("send", example: "\"FF 01 86 00 00 00 00 00 79\"") }
        let request = readRequest(table, profile)
        var poll = Poll(request: request ?? RequestTemplate(pieces: []))
        poll.every = table.duration("every", in: Self.intervals) ?? poll.every
        poll.timeout = table.duration("timeout", in: Self.timeouts) ?? poll.timeout
        poll.retries = table.integer("retries", in: 0...100) ?? poll.retries
        poll.reply = table.strings("reply") ?? []
        checkMessageNames(poll.reply, profile.messages, table, "reply")
        poll.isSafe = table.boolean("safe") ?? false
        if profile.framing.isKnownByRequest {
            table.require("size", example: "2")
            poll.size = table.integer("size", in: 1...4096)
            if poll.isSafe, profile.framing.checksum == nil {
                table.fail("nothing proves that an answer is this device's, so that detection must not ask", at: "safe")
            }
        } else {
            table.refuse("size", "belongs to kind = \"reply\" in [framing]; here the frame says how long it is")
        }
        return request == nil ? nil : poll
    }

    private func readSteps(_ top: TableReader, _ key: String, _ profile: Profile) -> [Step] {
        (top.tables(key) ?? []).map { table in
            defer { table.finish() }
            var step = Step()
            step.request = readRequest(table, profile)
            if let text = table.string("expect_text") {
                step.expected = BytePattern(text.utf8.map { $0 })
                if table.has("expect") { table.fail("give either expect or expect_text", at: "expect") }
            }
            step.expected = pattern(table, "expect") ?? step.expected
            step.timeout = table.duration("timeout", in: Self.timeouts) ?? step.timeout
            step.times = table.integer("times", in: 1...1000) ?? step.times
            step.wait = table.duration("wait", in: .zero...(.seconds(3600))) ?? .zero
            step.baud = table.integer("baud", in: SerialSettings.baudRange)
            if !["send", "text", "expect", "expect_text", "wait", "baud"].contains(where: { table.has($0) }) {
                table.fail("does nothing; give send, text, expect, expect_text, wait or baud")
            }
            return step
        }
    }

    /// `send` or `text`, and `check`. Nil where neither is there, or where it is wrong.
    private func readRequest(_ table: TableReader, _ profile: Profile) -> RequestTemplate? {
        let own = table.table("check").flatMap { readChecksum($0) }
        let hexadecimal = table.string("send")
        let text = table.string("text")
        if hexadecimal != nil, text != nil { table.fail("give either send or text", at: "text") }
        guard let source = hexadecimal ?? text else { return nil }
        let isText = hexadecimal == nil
        let key = isText ? "text" : "send"
        guard let pieces = pieces(of: source, isText: isText, table, key) else { return nil }
        var template = RequestTemplate(pieces: pieces, isText: isText)
        for name in template.parameterNames where !profile.parameters.contains(where: { $0.name == name }) {
            let hint =
                NearestKey.hint(name, in: profile.parameters.map(\.name) + ["check"])
                ?? (isText ? "; write {{\(name)}} where the device wants braces" : "")
            table.fail("[parameters] has no \(quoted(name))\(hint)", at: key)
        }
        if pieces.contains(.check) {
            template.checksum = own ?? requestDefault
            if template.checksum == nil, !table.has("check") {
                table.fail("there is no [checksum] to fill in; say check = { kind = ... }", at: key)
            }
        } else if own != nil {
            table.fail("\(key) has no {check} to fill in", at: "check")
        }
        return template
    }

    /// `[checksum]`, of all that stands before it: its range in answers says nothing of requests.
    private var requestDefault: ChecksumRule? {
        guard var rule = checksum else { return nil }
        rule.from = max(0, rule.from)
        rule.to = nil
        rule.at = nil
        return rule
    }

    private func pieces(of source: String, isText: Bool, _ table: TableReader, _ key: String) -> [RequestTemplate
        .Piece]?
    {
        var pieces: [RequestTemplate.Piece] = []
        func add(_ part: Substring) -> Bool {
            if isText {
                if !part.isEmpty { pieces.append(.bytes(Array(part.replacing("}}", with: "}").utf8))) }
                return true
            }
            guard let pattern = BytePattern(hexadecimal: String(part)), !pattern.bytes.contains(nil) else {
                table.fail("\(quoted(part)) is not bytes in hexadecimal, such as \"FF 01\"", at: key)
                return false
            }
            if !pattern.bytes.isEmpty { pieces.append(.bytes(pattern.bytes.compactMap { $0 })) }
            return true
        }
        // In text two braces are one that is sent.
        var rest = source[...]
        while let brace = rest.firstIndex(of: "{") {
            guard add(rest[..<brace]) else { return nil }
            rest = rest[rest.index(after: brace)...]
            if isText, rest.first == "{" {
                pieces.append(.bytes([0x7B]))
                rest = rest.dropFirst()
                continue
            }
            guard let end = rest.firstIndex(of: "}") else {
                table.fail("a brace has no end" + (isText ? "; write {{ for one that is sent" : ""), at: key)
                return nil
            }
            let name = String(rest[..<end])
            pieces.append(name == "check" ? .check : .parameter(name))
            rest = rest[rest.index(after: end)...]
        }
        guard add(rest) else { return nil }
        return pieces
    }
}
