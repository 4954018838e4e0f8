import DeviceProfiles
import Records
import Testing

/// Decodes a line, and returns what it gave in short form.
private func readings(_ line: String, as format: LineFormat) -> [String] {
    short(LineDecoder(format: format).decode(Array(line.utf8)))
}

private func short(_ result: LineResult) -> [String] {
    switch result {
    case .raw: return ["raw"]
    case .rejected(let reason): return ["rejected: " + reason]
    case .readings(let readings):
        return readings.map { reading in
            let unit = reading.unit.map { " " + $0 } ?? ""
            return switch reading.value {
            case .number(let number): "\(reading.name)=\(number)\(unit)"
            case .text(let text): "\(reading.name)=\(text.debugDescription)\(unit)"
            case .boolean(let value): "\(reading.name)=\(value)\(unit)"
            }
        }
    }
}

private func csv(_ names: String..., separator: Character = ",") -> LineFormat {
    .csv(columns: names.map { LineFormat.Column(name: $0) }, separator: separator)
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
    func `each leaf is a reading, in the order of the line`(line: String, expected: [String]) {
        #expect(readings(line, as: .json) == expected)
    }

    @Test(arguments: ["1", "[1]", "\"a\"", "null"])
    func `what is no object is rejected`(line: String) {
        #expect(readings(line, as: .json) == ["rejected: the line is no JSON object"])
    }

    @Test(arguments: [
        (#"{"t":21.5"#, 10), (#"{"t":21.}"#, 9), (#"{"t":NaN}"#, 6), ("t=1", 2), ("x=1", 1), ("", 1),
        (#"{"t":1}{"t":2}"#, 8),
        (#"{t:1}"#, 2),
    ])
    func `what is no JSON is rejected as a whole, with the place`(line: String, place: Int) {
        #expect(readings(line, as: .json) == ["rejected: the line is not JSON at byte \(place)"])
    }

    @Test func `a line is rejected at every length but the whole`() {
        let line = Array(#"{"a":{"b":[1,2.5,"x"]},"c":true}"#.utf8)
        let decoder = LineDecoder(format: .json)
        for length in 0..<line.count {
            guard case .rejected = decoder.decode(Array(line[..<length])) else {
                Issue.record("\(length) bytes were taken")
                continue
            }
        }
    }

    @Test func `bytes that are not UTF-8 are rejected`() {
        let result = LineDecoder(format: .json).decode(Array("{\"a\":\"".utf8) + [0xB0] + Array("\"}".utf8))
        #expect(short(result) == ["rejected: the line is not JSON at byte 7"])
    }

    @Test func `nesting that would never end is rejected`() {
        #expect(readings(String(repeating: "{\"a\":", count: 5000), as: .json).first?.hasPrefix("rejected") == true)
    }
}

@Suite struct CSVLineTests {
    @Test(arguments: [
        ("21.5,45,ok", ["a=21.5", "b=45.0", #"c="ok""#]), (" 21.5 , +045 ,\tok ", ["a=21.5", "b=45.0", #"c="ok""#]),
        (#""21.5","4 ""5""", "x,y" "#, ["a=21.5", #"b="4 \"5\"""#, #"c="x,y""#]), (#"1,"",2"#, ["a=1.0", "c=2.0"]),
        ("1,,2", ["a=1.0", "c=2.0"]), ("----,nan,NaN", []), ("-,--,#", []), ("inf,-INF,+Infinity", []),
        ("null,n/a,N/A", []),
        ("1e999,-1e999,0", ["c=0.0"]), (",,", []), ("0,-0,0.0", ["a=0.0", "b=-0.0", "c=0.0"]),
        (".5,5.,-1.5E+3", ["a=0.5", "b=5.0", "c=-1500.0"]),
        ("0x10,1_000,١", [#"a="0x10""#, #"b="1_000""#, #"c="١""#]),
        ("21.5C,1 2,--5", [#"a="21.5C""#, #"b="1 2""#, #"c="--5""#]),
        ("1e,e5,+", [#"a="1e""#, #"b="e5""#, #"c="+""#]),
        ("infinite,nano,.", [#"a="infinite""#, #"b="nano""#, #"c=".""#]),
    ])
    func `a cell is a number, a text, or missing - and missing is never 0`(line: String, expected: [String]) {
        #expect(readings(line, as: csv("a", "b", "c")) == expected)
    }

    @Test(arguments: [("1,2", 2), ("1,2,3,4", 4), ("", 1), ("1;2;3", 1), ("1,2,3,", 4)])
    func `another number of columns is rejected, with both numbers`(line: String, count: Int) {
        #expect(readings(line, as: csv("a", "b", "c")) == ["rejected: the line has \(count) columns, not 3"])
    }

    @Test(arguments: [#""1,2,3"#, #""1"x,2,3"#, #"1,2,""#, #"1,2,"""# + #"""#])
    func `a quote that does not fit is rejected`(line: String) {
        #expect(readings(line, as: csv("a", "b", "c")) == ["rejected: a quoted value has no end or text behind it"])
    }

    @Test func `other separators part other lines, and a comma is then part of a text`() {
        #expect(readings("1;2,5;x", as: csv("a", "b", "c", separator: ";")) == ["a=1.0", #"b="2,5""#, #"c="x""#])
        #expect(readings("1\t2\t3", as: csv("a", "", "c", separator: "\t")) == ["a=1.0", "c=3.0"])
        #expect(readings("1 2 3", as: csv("a", "b", "c", separator: " ")) == ["a=1.0", "b=2.0", "c=3.0"])
    }

    @Test func `values are converted to the primary unit, and a text has none`() {
        let format = LineFormat.csv(
            columns: [
                .init(name: "p", unit: "hPa"), .init(name: "pm", unit: "ug/m3"), .init(name: "e", unit: "kWh"),
                .init(name: "t", unit: "Cel"), .init(name: "x"),
            ], separator: ",")
        #expect(
            readings("1013.25,12,1.5,21.5,7", as: format) == [
                "p=101325.0 Pa", "pm=1.2e-08 kg/m3", "e=5400000.0 J", "t=21.5 Cel", "x=7.0",
            ])
        #expect(readings("low,,1e308,nan,7", as: format) == [#"p="low""#, "x=7.0"])
    }

    @Test func `control characters and bytes that are not UTF-8 are rejected`() {
        let decoder = LineDecoder(format: csv("a"))
        for byte: UInt8 in [0x00, 0x01, 0x1B, 0x0D, 0x7F, 0xB0, 0xFF] {
            #expect(short(decoder.decode([0x31, byte])) == ["rejected: the line is not UTF-8 text"])
        }
        #expect(short(decoder.decode(Array("21 °C".utf8))) == [#"a="21 °C""#])
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
    func `pairs are readings, in the order of the line`(line: String, expected: [String]) {
        #expect(readings(line, as: .keyValue) == expected)
    }

    @Test(arguments: [
        ("ready", 1), ("t=1 ready", 2), ("t=21.5 C", 2), ("=1", 1), ("t=1,=2", 2), ("t=21,5", 2), ("t=\"a\"b", 2),
    ])
    func `anything else in the line rejects it, with the place`(line: String, place: Int) {
        #expect(readings(line, as: .keyValue) == ["rejected: what stands at place \(place) is no name=value pair"])
    }

    @Test func `a line without pairs and a quote without end are rejected`() {
        #expect(readings(" ,; ", as: .keyValue) == ["rejected: the line has no name=value pair"])
        #expect(readings("a=1 b=\"x", as: .keyValue) == ["rejected: the quoted value of pair 2 has no end"])
    }
}

@Suite struct LineFormatTests {
    @Test func `a raw line is its own payload, whatever is in it`() {
        #expect(LineDecoder(format: .raw).decode([0x00, 0xFF]) == .raw)
    }

    @Test func `a format says what is wrong with it`() {
        #expect(LineFormat.json.problems.isEmpty)
        #expect(csv("a", "", "").problems.isEmpty)
        #expect(csv("", "").problems == ["at least one column has a name"])
        #expect(csv("a", "b", "a").problems == ["two columns have the name a"])
        #expect(csv(separator: ",").problems.count == 1)
        let format = LineFormat.csv(columns: [.init(name: "t", unit: "°C")], separator: ",")
        #expect(format.problems == ["°C is no SenML unit (RFC 8428, RFC 8798)"])
        for separator: Character in ["\"", "\n", "\r\n", ".", "-", "5", "e", "é", "\0"] {
            #expect(csv("a", separator: separator).problems.count == 1, "\(separator)")
        }
        for separator: Character in [",", ";", "\t", " ", "|", ":"] {
            #expect(csv("a", separator: separator).problems.isEmpty)
        }
    }

    @Test func `random lines never crash a decoder`() {
        let formats: [LineFormat] = [.json, .keyValue, .raw, csv("a", "b"), csv("a", separator: " ")]
        let alphabet = Array("{}[]\":,;= \t.-+eE01nultrfas\\/é".utf8) + [0x00, 0xFF, 0xC3, 0x0D]
        for format in formats {
            let decoder = LineDecoder(format: format)
            for _ in 0..<2000 {
                let line = (0..<Int.random(in: 0...40)).map { _ in alphabet.randomElement()! }
                guard case .readings(let readings) = decoder.decode(line) else { continue }
                for case .number(let number) in readings.map(\.value) { #expect(number.isFinite) }
            }
        }
    }
}

extension LineDecoder {
    fileprivate func decode(_ line: [UInt8]) -> LineResult { decode(line[...]) }
}
