import DeviceProfiles
import Records
import Testing

/// Lines whose values are published without being named one by one, as `[serial.NAME] format` wants it.
private func decoder(_ text: String, _ rest: String) throws -> ProfileDecoder {
    ProfileDecoder(try profile("framing = { kind = \"line\" }\ntext = \(text)\n" + rest))
}

private func json() throws -> ProfileDecoder { try decoder("{ format = \"json\" }", "others = true") }

private func pairs(_ rest: String = "") throws -> ProfileDecoder {
    try decoder("{ format = \"key-value\" }", "others = true\n" + rest)
}

/// Columns of any text, and no more than these; one without a name is skipped.
private func csv(_ names: String..., separator: String = ",") throws -> ProfileDecoder {
    let fields = names.enumerated().filter { !$1.isEmpty }.map { index, name in
        "{ name = \"\(name)\", column = \(index), type = \"any\" }"
    }
    return try decoder(
        "{ format = \"csv\", columns = \(names.count), separator = \"\(separator)\" }",
        "fields = [\(fields.joined(separator: ", "))]")
}

extension ProfileDecoder {
    /// The readings of a line in short form, or why there are none.
    fileprivate func readings(_ line: String) -> [String] { readings(Array(line.utf8)) }

    fileprivate func readings(_ line: [UInt8]) -> [String] {
        short(decode(line[...])).filter { !$0.hasSuffix("!missing") }
    }
}

@Suite struct JSONLineTests {
    @Test(arguments: [
        (#"{"t":21.5,"ok":true,"s":"run","n":null,"i":-3}"#, ["t=21.5", "ok=true", #"s="run""#, "i=-3.0"]),
        (
            #"{"a":{"b":{"c":1},"d":2},"e":[1,[2,{"f":3}],null,4]}"#,
            ["a.b.c=1.0", "a.d=2.0", "e.0=1.0", "e.1.0=2.0", "e.1.1.f=3.0", "e.3=4.0"]
        ),
        (#"{"z":1,"y":2,"x":3,"z":4}"#, ["z=1.0", "y=2.0", "x=3.0", "z=4.0"]),
        (#"{"time":1700000000,"id":"d1","unit":"C"}"#, ["time=1700000000.0", #"id="d1""#, #"unit="C""#]),
        (#"{"a":[[],{},[1],2]}"#, ["a.2.0=1.0", "a.3=2.0"]),
        (#"{"caf\u00e9":"\ud83d\ude00","":1}"#, [#"café="😀""#, "=1.0"]),
        (#"  { "a" : 1e3 }  "#, ["a=1000.0"]), ("{}", []), (#"{"a":1e999,"b":-1e999,"c":1e-999}"#, ["c=0.0"]),
    ])
    func `each leaf is a reading, in the order of the line`(line: String, expected: [String]) throws {
        #expect(try json().readings(line) == expected)
    }

    @Test(arguments: ["1", "[1]", "\"a\"", "null"])
    func `what is no object is rejected`(line: String) throws {
        #expect(try json().readings(line) == ["rejected: the text is no JSON object"])
    }

    @Test(arguments: [
        (#"{"t":21.5"#, 10), (#"{"t":21.}"#, 9), (#"{"t":NaN}"#, 6), ("t=1", 2), ("x=1", 1), ("", 1),
        (#"{"t":1}{"t":2}"#, 8),
        (#"{t:1}"#, 2),
    ])
    func `what is no JSON is rejected as a whole, with the place`(line: String, place: Int) throws {
        #expect(try json().readings(line) == ["rejected: the text is not JSON at byte \(place)"])
    }

    @Test func `a line is rejected at every length but the whole`() throws {
        let line = Array(#"{"a":{"b":[1,2.5,"x"]},"c":true}"#.utf8)
        let decoder = try json()
        for length in 0..<line.count {
            let frame = decoder.decode(line[..<length])
            guard case .rejected = frame.verdict, frame.readings.isEmpty else {
                Issue.record("\(length) bytes were taken")
                continue
            }
        }
    }

    @Test func `bytes that are not UTF-8 are rejected`() throws {
        let line = Array("{\"a\":\"".utf8) + [0xB0] + Array("\"}".utf8)
        #expect(try json().readings(line) == ["rejected: the text is not JSON at byte 7"])
    }

    @Test func `nesting that would never end is rejected`() throws {
        #expect(try json().readings(String(repeating: "{\"a\":", count: 5000)).first?.hasPrefix("rejected") == true)
    }

    @Test func `a text stays a text, also where it reads like a number or like none`() throws {
        #expect(
            try json().readings(#"{"a":"12","b":"----","c":"","d":"n/a"}"#) == [
                #"a="12""#, #"b="----""#, #"c="""#, #"d="n/a""#,
            ])
    }

    @Test func `what a field names is not there again under its own name, and the first of several counts`() throws {
        let decoder = try decoder(
            "{ format = \"json\" }",
            "others = true\nfields = [{ name = \"t\", key = \"air.temp\", unit = \"Cel\", scale = 0.1 }]")
        #expect(
            decoder.readings(#"{"id":"x","air":{"temp":215,"hum":40,"temp":1}}"#) == [
                "t=21.5 Cel", #"id="x""#, "air.hum=40.0",
            ])
        #expect(decoder.readings(#"{"id":"x","air":{"temp":215}"#).first?.hasPrefix("rejected") == true)
        #expect(decoder.readings(#"{"id":"y"}"#) == [#"id="y""#])
    }

    @Test func `readings of a text that another message fits are those of that message alone`() throws {
        let decoder = try decoder(
            "{ format = \"json\" }",
            """
            others = true
            [[message]]
            match = [{ key = "a" }]
            fields = [{ name = "first", key = "a" }]
            [[message]]
            fields = [{ name = "second", key = "b" }]
            """)
        #expect(decoder.readings(#"{"b":1,"c":2}"#) == ["second=1.0", "c=2.0"])
        #expect(decoder.readings(#"{"a":1,"c":2}"#) == ["first=1.0", "c=2.0"])
    }
}

@Suite struct CSVLineTests {
    @Test(arguments: [
        ("21.5,45,ok", ["a=21.5", "b=45.0", #"c="ok""#]), (" 21.5 , +045 ,\tok ", ["a=21.5", "b=45.0", #"c="ok""#]),
        (#""21.5","4 ""5""", "x,y" "#, ["a=21.5", #"b="4 \"5\"""#, #"c="x,y""#]), (#"1,"",2"#, ["a=1.0", "c=2.0"]),
        ("1,,2", ["a=1.0", "c=2.0"]), ("----,nan,NaN", []), ("-,--,#", []), ("inf,-INF,+Infinity", []),
        ("null,n/a,N/A", []),
        ("1e999,-1e999,0", ["c=0.0"]), (",,", []), ("0,-0,0.0", ["a=0.0", "b=0.0", "c=0.0"]),
        (".5,5.,-1.5E+3", ["a=0.5", "b=5.0", "c=-1500.0"]),
        ("0x10,1_000,١", [#"a="0x10""#, #"b="1_000""#, #"c="١""#]),
        ("21.5C,1 2,--5", [#"a="21.5C""#, #"b="1 2""#, #"c="--5""#]),
        ("1e,e5,+", [#"a="1e""#, #"b="e5""#, #"c="+""#]),
        ("infinite,nano,.", [#"a="infinite""#, #"b="nano""#, #"c=".""#]),
    ])
    func `a cell is a number, a text, or missing - and missing is never 0`(line: String, expected: [String]) throws {
        #expect(try csv("a", "b", "c").readings(line) == expected)
    }

    @Test(arguments: [
        ("1,2", "2 columns, not 3"), ("1,2,3,4", "more than 3 columns"), ("", "1 columns, not 3"),
        ("1;2;3", "1 columns, not 3"), ("1,2,3,", "more than 3 columns"),
        (String(repeating: ",", count: 5000), "more than 3 columns"),
    ])
    func `another number of columns is rejected, with both numbers`(line: String, problem: String) throws {
        #expect(try csv("a", "b", "c").readings(line) == ["rejected: it has \(problem)"])
    }

    @Test(arguments: [#""1,2,3"#, #""1"x,2,3"#, #"1,2,""#, #"1,2,"""# + #"""#])
    func `a quote that does not fit is rejected`(line: String) throws {
        #expect(try csv("a", "b", "c").readings(line) == ["rejected: a quoted value has no end or text behind it"])
    }

    @Test func `other separators part other lines, and a comma is then part of a text`() throws {
        #expect(try csv("a", "b", "c", separator: ";").readings("1;2,5;x") == ["a=1.0", #"b="2,5""#, #"c="x""#])
        #expect(try csv("a", "", "c", separator: "\\t").readings("1\t2\t3") == ["a=1.0", "c=3.0"])
        #expect(try csv("a", "b", "c", separator: " ").readings("1 2 3") == ["a=1.0", "b=2.0", "c=3.0"])
        #expect(try csv("a", "b", "c", separator: " ").readings("  1   2 3 ") == ["a=1.0", "b=2.0", "c=3.0"])
    }

    @Test func `only numbers have a unit, and a record takes them in the primary one`() throws {
        let units = ["p": "hPa", "pm": "ug/m3", "e": "kWh", "t": "Cel", "x": "dBm"]
        let fields = ["p", "pm", "e", "t", "x"].enumerated().map { column, name in
            "{ name = \"\(name)\", column = \(column), type = \"any\", unit = \"\(units[name] ?? "")\" }"
        }
        let decoder = try decoder("{ format = \"csv\" }", "fields = [\(fields.joined(separator: ", "))]")
        var buffer = Readings()
        func primary(_ line: String) -> [String] {
            decoder.decode(Array(line.utf8).span, into: &buffer)
            return short(decoder.frame(from: buffer, inPrimaryUnits: true)).filter { !$0.hasSuffix("!missing") }
        }
        #expect(
            primary("1013.25,12,1.5,21.5,7") == [
                "p=101325.0 Pa", "pm=1.2e-08 kg/m3", "e=5400000.0 J", "t=21.5 Cel", "x=-23.0 dBW",
            ])
        #expect(decoder.readings("1013.25,,,,7") == ["p=1013.25 hPa", "x=7.0 dBm"])
        #expect(primary("low,,off,nan,7") == ["p=\"low\"", "e=\"off\"", "x=-23.0 dBW"])
        for line in ["1013.25,12,1.5,21.5,7", "low,,off,nan,7"] {
            let readings = decoder.decode(Array(line.utf8)[...]).readings.map(\.inPrimaryUnit)
            decoder.decode(Array(line.utf8).span, into: &buffer)
            #expect(decoder.frame(from: buffer, inPrimaryUnits: true).readings == readings)
        }
    }

    @Test func `control characters and bytes that are not UTF-8 are rejected`() throws {
        let decoder = try csv("a")
        for byte: UInt8 in [0x00, 0x01, 0x02, 0x03, 0x1B, 0x0D, 0x7F, 0xB0, 0xFF] {
            let verdict = decoder.readings([0x31, byte]).first ?? ""
            #expect(verdict.hasPrefix("rejected: it has ") && verdict.hasSuffix(" no text has"), "\(byte)")
        }
        #expect(decoder.readings("21 °C") == [#"a="21 °C""#])
    }

    @Test func `a scale is for the numbers among any texts`() throws {
        let decoder = try decoder(
            "{ format = \"csv\" }",
            "fields = [{ name = \"a\", column = 0, type = \"any\", scale = 0.1, range = [0, 10], "
                + "missing = [\"err\", 99] }]")
        #expect(decoder.readings("25") == ["a=2.5"])
        #expect(decoder.readings("low") == [#"a="low""#])
        #expect(decoder.readings("999") == ["a!implausible"])
        #expect(decoder.readings("err") == [])
        #expect(decoder.readings("99") == [])
    }
}

@Suite struct KeyValueLineTests {
    @Test(arguments: [
        ("t=21.5,h=45", ["t=21.5", "h=45.0"]), ("t:21.5 h:45", ["t=21.5", "h=45.0"]),
        ("t=1;h=2\tp=3", ["t=1.0", "h=2.0", "p=3.0"]),
        ("Temp: 21.5, Hum: 45", ["Temp=21.5", "Hum=45.0"]), ("t = 1 h= 2", ["t=1.0", "h=2.0"]),
        ("  t=1 , ; h=2 ", ["t=1.0", "h=2.0"]), ("t=21.5C", [#"t="21.5C""#]),
        ("s=run m=\"two words\" n=1", [#"s="run""#, #"m="two words""#, "n=1.0"]),
        ("at=12:30:05", [#"at="12:30:05""#]), ("at: 12:30", [#"at="12:30""#]), ("u=http://x", [#"u="http://x""#]),
        ("t= h=2", ["h=2.0"]), ("t=,h=2", ["h=2.0"]), ("t=----;h=nan", []), ("t=", []), ("t=\"\" h=1", ["h=1.0"]),
        ("t=1 t=2", ["t=1.0", "t=2.0"]), ("a.b-c_d=1", ["a.b-c_d=1.0"]),
    ])
    func `pairs are readings, in the order of the line`(line: String, expected: [String]) throws {
        #expect(try pairs().readings(line) == expected)
    }

    @Test(arguments: [
        ("ready", 1), ("t=1 ready", 2), ("t=21.5 C", 2), ("=1", 1), ("t=1,=2", 2), ("t=21,5", 2), ("t=\"a\"b", 2),
    ])
    func `anything else in the line rejects it, with the place`(line: String, place: Int) throws {
        #expect(try pairs().readings(line) == ["rejected: what stands at place \(place) is no name=value pair"])
    }

    @Test func `a line without pairs and a quote without end are rejected`() throws {
        #expect(try pairs().readings(" ,; ") == ["rejected: it has no name=value pair"])
        #expect(try pairs().readings("a=1 b=\"x") == ["rejected: the quoted value of pair 2 has no end"])
    }

    @Test func `noise is rejected where any text would be a value`() throws {
        let start = Array("t=1 s=".utf8)
        #expect(try pairs().readings(start + [0xB0]) == ["rejected: it has characters that no text has"])
        #expect(
            try pairs().readings(start + [0x02]) == ["rejected: it has the control character 02, which no text has"])
    }

    @Test func `what a field names is not there again under its own name`() throws {
        let decoder = try pairs("fields = [{ name = \"temperature\", key = \"T\", unit = \"Cel\" }]")
        #expect(decoder.readings("H=40 T=21.5 s=ok") == ["temperature=21.5 Cel", "H=40.0", #"s="ok""#])
    }

    @Test func `others are of what names its values`() {
        let reason = "others: is for telegrams that describe themselves, JSON and key-value; here values have no names"
        #expect(
            issues("framing = { kind = \"line\" }\ntext = { format = \"csv\" }\nothers = true") == ["6: " + reason])
        #expect(
            issues("framing = { kind = \"line\" }\ntext = { format = \"json\", columns = 3 }\nothers = true") == [
                "5: text.columns: belongs to format = \"csv\", but the format is \"json\""
            ])
    }
}

@Suite struct NoiseLineTests {
    @Test func `random lines never crash a decoder`() throws {
        let decoders = [try json(), try pairs(), try csv("a", "b"), try csv("a", separator: " ")]
        let alphabet = Array("{}[]\":,;= \t.-+eE01nultrfas\\/é".utf8) + [0x00, 0xFF, 0xC3, 0x0D]
        for decoder in decoders {
            for _ in 0..<2000 {
                let line = (0..<Int.random(in: 0...40)).map { _ in alphabet.randomElement()! }
                let frame = decoder.decode(line[...])
                if frame.verdict != .decoded { #expect(frame.readings.isEmpty) }
                for case .number(let number) in frame.readings.map(\.value) { #expect(number.isFinite) }
            }
        }
    }
}
