import DeviceProfiles
import Testing

/// What devices do with numbers, units and names in their lines.
@Suite struct TextPlaceTests {
    private func column(_ keys: String, _ text: String, format: String = "\"csv\"") throws -> [String] {
        try line("{ format = \(format) }", "{ name = \"x\", column = 0, \(keys) }", text)
    }

    @Test(arguments: [
        ("13,8;", ["x=13.8"]), ("-0,5;", ["x=-0.5"]), ("13.8;", ["x=13.8"]), ("1,3,8;", ["x!invalid"]),
        ("1,5e3;", ["x=1500.0"]), (",;", ["x!invalid"]), ("0,12345678901234567890123;", ["x=0.12345678901234568"]),
    ])
    func `a comma is a decimal point where the profile says so`(text: String, expected: [String]) throws {
        #expect(try column("scale = 1", text, format: "\"csv\", separator = \";\", decimal = \",\"") == expected)
    }

    @Test func `without that a comma makes a number invalid, and pairs are not parted by one`() throws {
        #expect(try column("scale = 1", "13,8;", format: "\"csv\", separator = \";\"") == ["x!invalid"])
        let pairs = "{ name = \"a\", key = \"a\" }, { name = \"b\", key = \"b\" }"
        #expect(try line("{ format = \"key-value\", decimal = \",\" }", pairs, "a=1,5;b=2,5") == ["a=1.5", "b=2.5"])
    }

    @Test(arguments: [
        ("12.5 kg", ["x=12500.0"]), ("12.5kg", ["x=12500.0"]), ("12.5 g", ["x=12.5"]), ("+ 3 t", ["x=3000000.0"]),
        ("12.5", ["x!missing"]), ("12.5 lb", ["x!missing"]), ("kg", ["x!missing"]), ("1.5.2 kg", ["x!invalid"]),
        ("---- kg", ["x!missing"]),
    ])
    func `a word behind the number chooses the scale, the longest that fits`(text: String, expected: [String]) throws {
        #expect(try column("letters = { g = 1, kg = 1000, t = 1e6 }", text) == expected)
    }

    @Test(arguments: [
        ("25.0C", ["x=25.0"]), ("77F", ["x=25.0"]), ("-40.0F", ["x=-40.0"]), ("25", ["x=25.0"]),
        ("298.15 K", ["x=25.0"]),
    ])
    func `a letter may bring an offset, and none may stand for one`(text: String, expected: [String]) throws {
        let letters = #"letters = { C = 1, "" = 1, F = [0.5555555555555556, -17.77777777777778], K = [1, -273.15] }"#
        let found = try column(letters, text)
        #expect(found.count == 1)
        let value = try #require(Double(found[0].dropFirst(2)))
        #expect((value - (Double(expected[0].dropFirst(2)) ?? .nan)).magnitude < 1e-9)
    }

    @Test func `a degree sign is one in UTF-8 and in Latin-1`() throws {
        let source = """
            framing = { kind = "line" }
            text = { format = "csv" }
            fields = [{ name = "x", column = 0, letters = { "°C" = 1 } }]
            """
        let decoder = ProfileDecoder(try profile(source))
        #expect(short(decoder.decode(Array("21.5°C".utf8)[...])) == ["x=21.5"])
        #expect(short(decoder.decode([0x32, 0x31, 0xB0, 0x43])) == ["x=21.0"])
        #expect(short(decoder.decode([0x32, 0x31, 0xB1, 0x43])) == ["x!missing"])
        let micro = ProfileDecoder(try profile(source.replacing("°C", with: "\u{3BC}A")))
        #expect(short(micro.decode([0x32, 0x31, 0xB5, 0x41])) == ["x=21.0"])
        #expect(short(micro.decode(Array("21 \u{B5}A".utf8)[...])) == ["x=21.0"])
    }

    @Test func `a key picks the column behind a label, or one that is so far from it`() throws {
        let fields = """
            { name = "air", key = "TempAir", column = -2 }, { name = "p", key = "P" }, { name = "no", key = "X" }, \
            { name = "far", key = "C", column = 9 }
            """
        #expect(
            try line("{ format = \"csv\" }", fields, "XDR, P ,1.5,B,Baro,C,-3.4,C,TempAir") == [
                "air=-3.4", "p=1.5", "no!missing", "far!missing",
            ])
    }

    @Test(arguments: [("a,1,2", ["two=1.0"]), ("a,1", ["one=1.0"]), ("a,1,", ["two=1.0"]), ("a", ["skipped"])])
    func `messages differ by the number of their columns`(text: String, expected: [String]) throws {
        let source = """
            framing = { kind = "line" }
            text = { format = "csv" }
            message = [
              { match = [{ columns = 2 }], fields = [{ name = "one", column = 1 }] },
              { match = [{ columns = 3 }], fields = [{ name = "two", column = 1 }] },
            ]
            """
        #expect(short(ProfileDecoder(try profile(source)).decode(Array(text.utf8)[...])) == expected)
    }

    @Test func `a column is compared without the spaces around it`() throws {
        let match = "message = [{ match = [{ column = 1, is = \"GS\" }], fields = [{ name = \"x\", column = 2 }] }]"
        let source = "framing = { kind = \"line\" }\ntext = { format = \"csv\" }\n" + match
        let decoder = ProfileDecoder(try profile(source))
        #expect(short(decoder.decode(Array("ST, GS ,+ 1.5".utf8)[...])) == ["x=1.5"])
        #expect(short(decoder.decode(Array("ST,GSS,+ 1.5".utf8)[...])) == ["skipped"])
    }

    @Test(arguments: [
        ("5,LCK", ["x=5.0", "s=\"LCK\""]), ("5", ["x=5.0", "s!missing"]), ("5,", ["x=5.0", "s!missing"]),
        ("5,MOV", ["s=\"MOV\"", "x!conditional"]),
    ])
    func `an empty text in a condition stands for a field without a value`(text: String, expected: [String]) throws {
        let fields = """
            { name = "x", column = 0, valid_if = { field = "s", is = ["", "LCK"] } }, \
            { name = "s", column = 1, type = "text" }
            """
        #expect(try line("{ format = \"csv\" }", fields, text) == expected)
    }

    @Test(arguments: [
        ("Bus Voltage:   12.04 V\r\n  Time : Mon 12:30\r\nI: 1\r\n", ["v=12.04", "t=\"Mon 12:30\"", "i=1.0"]),
        ("I:\r\nBus Voltage : 1 V", ["v=1.0", "t!missing", "i!missing"]),
    ])
    func `names of pairs may have spaces in them and around them`(text: String, expected: [String]) throws {
        let source = #"""
            framing = { kind = "block", start = "-", end = "=" }
            text = { format = "key-value", pair = "\r\n", equals = ":" }
            fields = [
              { name = "v", key = "Bus Voltage", letters = { V = 1 } }, { name = "t", key = "Time", type = "text" },
              { name = "i", key = "I" },
            ]
            """#
        #expect(short(ProfileDecoder(try profile(source)).decode(Array(text.utf8)[...])) == expected)
    }

    @Test(arguments: [
        ("4916.45", 49.27416666666667), ("49 16.45", 49.27416666666667), ("-49 30", -49.5), ("49°30'36\"", 49.51),
        ("49-30.6", 49.51), ("49", 0.8166666666666667),
    ])
    func `degrees and minutes may stand apart`(text: String, expected: Double) throws {
        let found = try column("type = \"ddmm\"", text)
        #expect(((Double(found[0].dropFirst(2)) ?? .nan) - expected).magnitude < 1e-12)
    }

    @Test(arguments: ["49 60.1", "49 30 61", "49 30 20 10", "49 x", "49 1.2.3", ""])
    func `what is no angle is none`(text: String) throws {
        #expect(try ["x!invalid", "x!missing"].contains(column("type = \"ddmm\"", text).first))
    }

    @Test func `spaces at the ends of a line need not be in its pattern`() throws {
        let pattern = "pattern = '(?<w>[0-9.]+) g'"
        let fields = "{ name = \"w\", key = \"w\" }"
        for text in ["1.5 g", "1.5 g   ", "   1.5 g", "\t1.5 g\t"] {
            #expect(try line("{ format = \"pattern\" }", fields, text, message: pattern) == ["w=1.5"])
        }
        #expect(try line("{ format = \"pattern\" }", fields, "1.5  g", message: pattern) == ["skipped"])
    }

    @Test func `lines that end with a prompt may have line ends in them`() throws {
        let source = #"""
            framing = { kind = "line", end = ">" }
            text = { format = "pattern" }
            pattern = '(?:READ)?\s*T= *(?<t>[-0-9.]+) C\s*'
            fields = [{ name = "t", key = "t" }]
            """#
        let decoder = ProfileDecoder(try profile(source))
        #expect(short(decoder.decode(Array("READ\r\nT= 21.5 C\r\n".utf8)[...])) == ["t=21.5"])
        #expect(
            short(decoder.decode(Array("T= 21.5 C\u{0}".utf8)[...])) == [
                "rejected: it has the control character 00, which no text has"
            ])
    }

    @Test func `control characters are text where the framing has them as marks`() throws {
        let source = #"""
            framing = { kind = "block", start = "\u0001", end = "\u0004" }
            text = { format = "csv" }
            fields = [{ name = "x", column = 1 }]
            """#
        let decoder = ProfileDecoder(try profile(source))
        #expect(short(decoder.decode(Array("\u{1}a,5,\u{2}\u{4}".utf8)[...])) == ["x=5.0"])
        #expect(short(decoder.decode(Array("\u{1}a,5,\u{5}\u{4}".utf8)[...])).first?.hasPrefix("rejected") == true)
    }
}
