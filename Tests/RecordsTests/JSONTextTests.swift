import Records
import Testing

@Suite struct JSONTextTests {
    private func isValid(_ text: String) -> Bool { JSONText.isValid(Array(text.utf8)) }

    static let valid = [
        "0", "-0", "1.5", "-1.5e10", "1E+2", "1e-05", "0.0", "true", "false", "null", "\"\"", "[]", "{}", " [ ] ",
        "\t\r\n{ } ",
        #"{"a":1}"#, #"{"a":1,"a":2}"#, #"{"":[{},[],"",0]}"#, #""\u00e9\ud83d\ude00\n\/""#, #""\ud800""#,
        "\"\u{7F}é€😀\"",
        "[1,2 , 3]", #" { "k" : [ true , false , null ] } "#, "[[[[[]]]]]", "\"eight888\"", "\"seven77é\"",
        // RFC 8259, section 13.
        #"""
        {
          "Image": {
              "Width":  800, "Height": 600, "Title":  "View from 15th Floor",
              "Thumbnail": { "Url": "http://www.example.com/image/481989943", "Height": 125, "Width":  100 },
              "Animated" : false, "IDs": [116, 943, 234, 38793]
            }
        }
        """#,
        #"[{"precision":"zip","Latitude":37.7668,"Longitude":-122.3959,"City":"SAN FRANCISCO","Country":"US"},{}]"#,
        // RFC 8428, section 5.1.2.
        #"[{"n":"urn:dev:ow:10e2073a01080063","u":"Cel","v":23.1}]"#,
    ]

    static let invalid = [
        "", " ", "[", "]", "{", "}", "[1", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{a:1}",
        "{1:1}",
        "{\"a\":1 \"b\":2}", "[1]]", "{}{}", "1 2", "01", "-", "+1", "-01", "1.", ".5", "1.e1", "1e", "1e+", "0x1",
        "NaN", "nan",
        "Infinity", "-Infinity", "inf", "tru", "truex", "True", "nul", "nulll", "'a'", "\"a", "\"", "\"\\\"", "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"", "\"\\u\"", "\"a\nb\"", "\"a\tb\"", "\"\u{0}\"", "\"\u{1F}eight888\"", "[1}", "{\"a\":1]",
        "/**/1", "1//",
        "\u{FEFF}1", "[\"a\":1]", "{\"a\",1}", "{\"a\":1:2}", ":", ",", "\u{A0}1", "\\u0031", "[1;2]", "{\"a\": tru}",
    ]

    @Test(arguments: valid)
    func `well-formed text is valid, and no true prefix of an object or array is`(text: String) {
        #expect(isValid(text))
        let trimmed = Array(text.utf8.drop { " \t\r\n".utf8.contains($0) })
        guard trimmed.first == 0x7B || trimmed.first == 0x5B || trimmed.first == 0x22 else { return }
        let bytes = Array(trimmed.reversed().drop { " \t\r\n".utf8.contains($0) }.reversed())
        for length in 0..<bytes.count { #expect(!JSONText.isValid(bytes.prefix(length))) }
    }

    @Test(arguments: invalid)
    func `ill-formed text is invalid`(text: String) {
        #expect(!isValid(text))
        #expect(!isValid("[\(text),") && !isValid("{\"a\":\(text)"))
    }

    @Test(
        arguments: [
            [0xFF], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],
            [0xF0, 0x80, 0x80, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x80], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98],
            [0xC3, 0x28],
            [0xE2, 0x28, 0xA1], [0xE2, 0x82, 0x28], [0xF0, 0x9F, 0x98, 0x28],
        ] as [[UInt8]])
    func `ill-formed UTF-8 inside a string is invalid, wherever it stands`(sequence: [UInt8]) {
        for lead in 0..<9 {
            let text = [0x22] + [UInt8](repeating: 0x61, count: lead) + sequence + [0x22]
            #expect(!JSONText.isValid(text))
            #expect(!JSONText.isValid(text + [0x22]))
        }
    }

    @Test func `nesting is allowed to 64 and no deeper`() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let core = open == "[" ? "" : "1"
            for (depth, expected) in [(64, true), (65, false), (100_000, false)] {
                let text = String(repeating: open, count: depth) + core + String(repeating: close, count: depth)
                #expect(isValid(text) == expected)
            }
        }
    }

    @Test func `a bracket closes what it opened, at any depth`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            let kinds = (0..<Int.random(in: 1...64, using: &random)).map { _ in Bool.random(using: &random) }
            let opening = kinds.map { $0 ? "{\"k\":" : "[" }.joined()
            var closing = kinds.reversed().map { $0 ? "}" : "]" }
            #expect(isValid(opening + "0" + closing.joined()))
            let place = Int.random(in: 0..<closing.count, using: &random)
            closing[place] = closing[place] == "}" ? "]" : "}"
            #expect(!isValid(opening + "0" + closing.joined()))
        }
    }

    @Test func `random damage never crashes, and what is still valid is cut by the scanner into the same text`() {
        var random = SystemRandomNumberGenerator()
        for sample in Self.valid {
            for _ in 0..<200 {
                var bytes = Array(sample.utf8)
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                guard JSONText.isValid(bytes) else { continue }
                #expect(String(validating: bytes, as: UTF8.self) != nil)
            }
        }
    }

    @Test func `bytes without contiguous storage are checked too`() {
        #expect(JSONText.isValid(Array("[1,2]".utf8).lazy.map { $0 }))
        #expect(!JSONText.isValid(Array("[1,2".utf8).lazy.map { $0 }))
        #expect(JSONText.isValid(Array("xx[1,2]".utf8)[2...]))
    }

    @Test func `a scanner gives the pieces in order, and says where a text breaks`() {
        let text = Array(#" {"a\n": [1.5, "b"], "c": {"d": null, "e": true}}"#.utf8)
        var scanner = JSONScanner()
        var pieces: [String] = []
        loop: while true {
            switch scanner.next(in: text.span) {
            case .beginObject: pieces.append("{")
            case .endObject: pieces.append("}")
            case .beginArray: pieces.append("[")
            case .endArray: pieces.append("]")
            case .key(let range): pieces.append("key " + String(decoding: text[range], as: UTF8.self))
            case .string(let range): pieces.append("string " + String(decoding: text[range], as: UTF8.self))
            case .number(let range): pieces.append("number " + String(decoding: text[range], as: UTF8.self))
            case .boolean(let value): pieces.append("\(value)")
            case .null: pieces.append("null")
            case .end: break loop
            case .invalid(let offset):
                pieces.append("invalid \(offset)")
                break loop
            }
        }
        #expect(
            pieces == [
                "{", #"key a\n"#, "[", "number 1.5", "string b", "]", "key c", "{", "key d", "null", "key e", "true",
                "}", "}",
            ])
        var broken = JSONScanner()
        let half = Array("[1,x]".utf8)
        #expect(broken.next(in: half.span) == .beginArray)
        #expect(broken.next(in: half.span) == .number(1..<2))
        #expect(broken.next(in: half.span) == .invalid(at: 3))
        #expect(broken.next(in: half.span) == .invalid(at: 3))
    }

    @Test(arguments: [
        (#"plain"#, "plain"), (#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{C}\n\r\t"), (#"\u00e9\u00E9"#, "éé"),
        (#"\ud83d\ude00!"#, "😀!"), (#"\ud83dx"#, "\u{FFFD}x"), (#"a\ude00"#, "a\u{FFFD}"),
    ])
    func `escapes are resolved`(escaped: String, expected: String) {
        #expect(JSONText.unescape(Array(escaped.utf8).span) == expected)
    }
}
