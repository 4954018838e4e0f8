import DeviceProfiles
import Testing

@Suite struct ByteFieldTests {
    @Test(arguments: [
        ("type = \"u8\"", "FE", ["x=254.0"]), ("type = \"s8\"", "FE", ["x=-2.0"]),
        ("type = \"u16be\"", "0102", ["x=258.0"]), ("type = \"u16le\"", "0102", ["x=513.0"]),
        ("type = \"s24be\"", "FFFFFE", ["x=-2.0"]), ("type = \"u40le\"", "0100000001", ["x=4294967297.0"]),
        ("type = \"s48be\"", "FFFFFFFFFFFF", ["x=-1.0"]),
        ("type = \"u64be\"", "FFFFFFFFFFFFFFFF", ["x=1.8446744073709552e+19"]),
        ("type = \"sm8\"", "83", ["x=-3.0"]), ("type = \"sm16le\"", "0380", ["x=-3.0"]),
        ("type = \"f32be\"", "43663333", ["x=230.2"]), ("type = \"f32le\"", "33336643", ["x=230.2"]),
        ("type = \"f32\", order = \"CDAB\"", "33334366", ["x=230.2"]),
        ("type = \"f32\", order = \"BADC\"", "66433333", ["x=230.2"]),
        ("type = \"f64be\"", "400921FB54442D18", ["x=3.141592653589793"]),
        ("type = \"f32be\"", "7FC00000", ["x!missing"]),
        ("type = \"bcdbe\", size = 2", "1234", ["x=1234.0"]), ("type = \"bcdle\", size = 2", "1234", ["x=3412.0"]),
        ("type = \"bcdbe\", size = 2", "12A4", ["x!missing"]),
        ("type = \"text\", size = 4", "20414220", ["x=\"AB\""]), ("type = \"hex\", size = 2", "0AB0", ["x=\"0AB0\""]),
        ("type = \"hexle\", size = 2", "0AB0", ["x=\"B00A\""]),
        ("type = \"hex\", size = -1, until = -1", "0AB0FF", ["x=\"0AB0\""]),
        ("type = \"digits\", size = 4", "31322E35", ["x=12.5"]), ("type = \"xdigits\", size = 2", "4646", ["x=255.0"]),
        ("type = \"sxdigits\", size = 2", "4646", ["x=-1.0"]), ("type = \"digits\", size = 2", "2D2D", ["x!missing"]),
        ("type = \"digits\", size = 2", "3F3F", ["x!invalid"]), ("type = \"kmp\"", "044200012B06", ["x=765.5"]),
        ("bit = 3", "08", ["x=true"]), ("bits = [4, 7]", "A5", ["x=10.0"]),
        ("type = \"u16le\", bits = [11, 15]", "00F8", ["x=31.0"]),
        ("type = \"u16be\"", "01", ["x!missing"]),
    ])
    func `each type reads its bytes`(keys: String, frame: String, expected: [String]) throws {
        #expect(try field("at = 0, " + keys, frame) == expected)
    }

    @Test(arguments: [
        ("type = \"u16be\", scale = 0.1", "08D1", ["x=225.7"]),
        ("type = \"u8\", scale = 0.1, offset = -40", "01", ["x=-39.9"]),
        ("type = \"u32be\", scale = 0.001", "00012EF5", ["x=77.557"]),
        ("type = \"s16be\", missing = [0x7FFF, 0xFFFF]", "7FFF", ["x!missing"]),
        ("type = \"s16be\", missing = [0x7FFF, 0xFFFF]", "FFFF", ["x!missing"]),
        ("type = \"u64be\", missing = [-1]", "FFFFFFFFFFFFFFFF", ["x!missing"]),
        ("type = \"u64be\", missing = [-1], scale = 0.01", "0000000000000064", ["x=1.0"]),
        ("type = \"u8\", range = [0, 100]", "65", ["x!implausible"]),
        ("type = \"u8\", values = { 0 = \"off\", 1 = \"on\" }", "01", ["x=\"on\""]),
        ("type = \"u8\", values = { 0 = \"off\", 1 = \"on\" }", "02", ["x!unlisted"]),
        ("bit = 0, values = { 0 = \"off\", 1 = \"on\" }", "01", ["x=\"on\""]),
        ("type = \"u8\", values = { 0 = false, 7 = true }", "07", ["x=true"]),
        ("type = \"u16be\", scale = 0.0338638866667", "74E1", ["x=1013.2413529543306"]),
    ])
    func `a raw value is scaled with one rounding, or is none`(keys: String, frame: String, expected: [String]) throws {
        #expect(try field("at = 0, " + keys, frame) == expected)
    }

    @Test func `offsets below zero count from the end`() throws {
        #expect(try field("at = -2, type = \"u16be\"", "00000102") == ["x=258.0"])
    }

    @Test func `arrays have as many elements as the frame says, and what follows counts from their end`() throws {
        let decoder = ProfileDecoder(
            try profile(
                """
                framing = { kind = "cobs" }
                fields = [
                  { name = "cell_{n}", at = 1, type = "u16be", count = { at = 0, type = "u8" } },
                  { name = "t_{n}", after = "cell_{n}", at = 1, type = "u8", count = { at = 0, type = "u8" } },
                  { name = "end", after = "t_{n}", at = 0, type = "u8" },
                ]
                """))
        #expect(
            short(decoder.decode(hex("02 0001 0002 01 09 63")[...]))
                == ["cell_1=1.0", "cell_2=2.0", "t_1=9.0", "end=99.0"])
        #expect(short(decoder.decode(hex("FF 0001 0002")[...])).contains { $0.hasPrefix("cell") } == false)
    }

    @Test func `a condition withholds, wherever its field stands, and hidden fields compose texts`() throws {
        let decoder = ProfileDecoder(
            try profile(
                """
                framing = { kind = "cobs" }
                device = "id"
                fields = [
                  { name = "distance", at = 0, type = "u8", valid_if = { field = "strength", min = 100 } },
                  { name = "strength", at = 1, type = "u8" },
                  { name = "month", at = 2, type = "u8", publish = false },
                  { name = "date", compose = "2024-{month:02}" },
                  { name = "id", at = 3, type = "hex", size = 1, publish = false },
                ]
                """))
        let good = decoder.decode(hex("05 64 03 AB")[...])
        #expect(short(good) == ["distance=5.0", "strength=100.0", "date=\"2024-03\""])
        #expect(good.device == "AB")
        #expect(
            short(decoder.decode(hex("05 63 03 AB")[...])) == [
                "strength=99.0", "date=\"2024-03\"", "distance!conditional",
            ])
    }

    @Test func `messages are tried in their order, and a frame that is none of them is skipped`() throws {
        let decoder = ProfileDecoder(
            try profile(
                """
                framing = { kind = "cobs" }
                message = [
                  { name = "a", match = [{ at = 0, is = "01 ??" }, { length = 3 }], fields = [
                    { name = "a", at = 2, type = "u8" }] },
                  { name = "b", match = [{ at = -1, is = "02" }], fields = [{ name = "b", at = 0, type = "u8" }] },
                ]
                """))
        #expect(decoder.decode(hex("01 99 07")[...]).message == "a")
        #expect(decoder.decode(hex("01 02")[...]).message == "b")
        #expect(short(decoder.decode(hex("03 04")[...])) == ["skipped"])
    }

    @Test func `what a device adds to its bytes is taken away first`() throws {
        let decoder = ProfileDecoder(
            try profile(
                """
                framing = { kind = "cobs", subtract = { value = 0x33, over = [1, -1] } }
                fields = [{ name = "x", at = 0, type = "u24be" }]
                """))
        #expect(short(decoder.decode(hex("01 34 16")[...])) == ["x=\(0x010116).0"])
    }
}

@Suite struct TextFieldTests {
    @Test(arguments: [
        ("23.50,45.20,,1013.2", ["a=23.5", "d=1013.2", "c!missing"]), ("1,2", ["a=1.0", "c!missing", "d!missing"]),
        ("-1,\"x\",+3e1,1e-2", ["a=-1.0", "c=30.0", "d=0.01"]),
        ("----,0,abc,#", ["a!missing", "c!invalid", "d!missing"]),
        ("--.-,0,***.*,--", ["a!missing", "c!missing", "d!missing"]),
        ("1e999,0,nan,.5", ["d=0.5", "a!missing", "c!missing"]), ("5,0,5.,1.2.3", ["a=5.0", "c=5.0", "d!invalid"]),
        (
            "0.1,0,123456789012345678901,0.30000000000000004",
            ["a=0.1", "c=1.2345678901234568e+20", "d=0.30000000000000004"]
        ),
    ])
    func `columns are read, and what is no number is none`(text: String, expected: [String]) throws {
        let fields = "{ name = \"a\", column = 0 }, { name = \"c\", column = 2 }, { name = \"d\", column = 3 }"
        #expect(try line("{ format = \"csv\" }", fields, text) == expected)
    }

    @Test func `runs of spaces part columns where the separator is one`() throws {
        let fields = "{ name = \"a\", column = 0, part = [1, 6] }, { name = \"b\", column = 1 }"
        #expect(
            try line("{ format = \"csv\", separator = \" \" }", fields, "(232.5   49.9 x") == ["a=232.5", "b=49.9"])
    }

    @Test(arguments: [
        ("T=21.37 H=48.1", ["T=21.37", "H=48.1"]), ("H : 5;T= \"7\"", ["T=7.0", "H=5.0"]),
        ("T= H=5", ["H=5.0", "T!missing"]), ("boot ok", ["rejected: it has no name=value pair"]),
    ])
    func `pairs are picked by their names`(text: String, expected: [String]) throws {
        let fields = "{ name = \"T\", key = \"T\" }, { name = \"H\", key = \"H\" }"
        #expect(try line("{ format = \"key-value\" }", fields, text) == expected)
    }

    @Test(arguments: [
        (#"{"air":{"temp":21.5},"ok":true,"l":[{"v":"7"}]}"#, ["t=21.5", "ok=true", "v=7.0"]),
        (#"{"air":{"temp":null},"ok":false,"l":[]}"#, ["ok=false", "t!missing", "v!missing"]),
        (#"{"air":1"#, ["rejected: the text is not JSON at byte 9"]), ("[1]", ["rejected: the text is no JSON object"]),
    ])
    func `members of JSON are picked by their path`(text: String, expected: [String]) throws {
        let fields =
            "{ name = \"t\", key = \"air.temp\" }, { name = \"ok\", key = \"ok\" }, { name = \"v\", key = \"l.0.v\" }"
        #expect(try line("{ format = \"json\" }", fields, text) == expected)
    }

    @Test func `groups of a pattern are picked by their names, and a text that does not fit is skipped`() throws {
        let fields =
            "{ name = \"w\", key = \"w\", unit = \"g\" }, "
            + "{ name = \"stable\", key = \"s\", type = \"text\", values = { S = true, D = false } }"
        let pattern = "pattern = '^S (?<s>[SD]) +(?<w>-?[0-9.]+) g$'"
        #expect(
            try line("{ format = \"pattern\" }", fields, "S S    -100.00 g", message: pattern) == [
                "w=-100.0 g", "stable=true",
            ])
        #expect(try line("{ format = \"pattern\" }", fields, "S I", message: pattern) == ["skipped"])
    }

    @Test(arguments: [
        ("type = \"hex\"", "00cf", ["x=207.0"]), ("type = \"shex\"", "FFFE", ["x=-2.0"]),
        ("type = \"shex\", scale = 0.1", "FF9B", ["x=-10.1"]),
        ("type = \"smhex\", scale = 0.1", "800d", ["x=-1.3"]), ("type = \"hex\"", "00g0", ["x!invalid"]),
        ("type = \"ddmm\"", "4916.45", ["x=49.274166666666666"]), ("type = \"text\"", " A B ", ["x=\"A B\""]),
        ("letters = { M = 1, K = 0.277778 }", "36.0K", ["x=10.000008"]),
        ("letters = { M = 1 }", "36.0#", ["x!missing"]),
        ("part = [1, 4]", "R1234", ["x=123.0"]), ("separator = \":\", index = 1", "12:34", ["x=34.0"]),
        ("separator = \":\", index = 2", "12:34", ["x!missing"]), ("missing = [\"9999\"]", "9999", ["x!missing"]),
        ("missing = [9999]", "9999.0", ["x!missing"]), ("scale = 0.514444", "000.5", ["x=0.257222"]),
        ("values = { OK = true, LOW = false }, type = \"text\"", "LOW", ["x=false"]),
    ])
    func `a picked text is what its type says`(keys: String, text: String, expected: [String]) throws {
        #expect(try line("{ format = \"csv\" }", "{ name = \"x\", column = 0, \(keys) }", text) == expected)
    }

    @Test func `a letter beside the value chooses sign or scale`() throws {
        let fields = """
            { name = "lat", column = 0, type = "ddmm", negative_if = { column = 1, is = ["S"] } }, \
            { name = "v", column = 2, letters = { N = 0.5, M = 1 }, letter_at = { column = 3 } }
            """
        #expect(try line("{ format = \"csv\" }", fields, "0130.0,S,10,N") == ["lat=-1.5", "v=5.0"])
        #expect(try line("{ format = \"csv\" }", fields, "0130.0,N,10,K") == ["lat=1.5", "v!missing"])
    }

    @Test func `what a wrong speed makes of a line is rejected`() throws {
        let fields = "{ name = \"x\", column = 0 }"
        #expect(
            try line("{ format = \"csv\" }", fields, "1\u{1}2") == [
                "rejected: it has the control character 01, which no text has"
            ])
    }

    @Test func `every prefix of a line is decoded or rejected, and none crashes`() throws {
        let text = #"{"a":{"b":[1,"\u00e9",true,null]},"c":"x,=\"y\" 12:34"}"#
        for format in ["{ format = \"json\" }", "{ format = \"csv\" }", "{ format = \"key-value\" }"] {
            let pick = format.contains("csv") ? "column = 1" : "key = \"a.b.1\""
            for length in 0...text.utf8.count {
                let part = String(decoding: Array(text.utf8)[..<length], as: UTF8.self)
                let found = try line(format, "{ name = \"x\", \(pick), type = \"text\" }", part)
                #expect(found.count == 1)
            }
        }
    }
}
