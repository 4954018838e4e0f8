import DeviceProfiles
import Testing

/// Fields whose values are made with those of others.
@Suite struct DependentFieldTests {
    private func read(_ fields: String, _ frame: String) throws -> [String] {
        let text = "framing = { kind = \"cobs\" }\nfields = [\n\(fields)\n]"
        return short(ProfileDecoder(try profile(text)).decode(hex(frame)[...]))
    }

    private func problems(_ fields: String) -> [String] {
        issues("framing = { kind = \"cobs\" }\nfields = [\n\(fields)\n]")
    }

    // MARK: What cannot be

    @Test(arguments: [
        (
            #"{ name = "x", at = 0, type = "u8", scale_by = "y" }"#,
            #"6: fields[1].scale_by: the message has no field "y"; did you mean "x"?"#
        ),
        (
            #"{ name = "x", at = 0, type = "u8", scale_by = "x" }"#,
            #"6: fields[1]: its value would be made of itself: "x", then "x""#
        ),
        (
            #"{ name = "a", at = 0, type = "u8", scale_by = "b" }, { name = "b", at = 0, type = "u8", "#
                + #"valid_if = { field = "a", min = 1 } }"#,
            #"6: fields[1]: its value would be made of itself: "a", then "b", then "a""#
        ),
        (
            #"{ name = "a", at = 0, type = "u8", scale_by = "b" }, { name = "b", at = 0, bit = 1 }"#,
            #"6: fields[1].scale_by: "b" is true or false; give it values, such as { 0 = 1, 1 = -1 }"#
        ),
        (
            #"{ name = "a", at = 0, type = "u8", scale_by = "b" }, { name = "b", at = 0, type = "text", size = 2 }"#,
            #"6: fields[1].scale_by: "b" is a text"#
        ),
        (
            #"{ name = "a", at = 0, type = "u8", offset_by = "b" }, "#
                + #"{ name = "b", at = 0, type = "u8", values = { 0 = 1, 1 = "high" } }"#,
            #"6: fields[1].offset_by: values of "b" are no numbers: "high""#
        ),
        (
            #"{ name = "a", at = 0, bit = 3, scale_by = "b" }, { name = "b", at = 0, type = "u8" }"#,
            "6: fields[1].bit: true and false are no numbers; say bits = [3, 3]"
        ),
        (
            #"{ name = "a", at = 0, type = "u8", values = { 0 = 1 }, scale_by = "b" }, "#
                + #"{ name = "b", at = 0, type = "u8" }"#,
            "6: fields[1].values: values says the value already; scale the field that this one is used in"
        ),
        (
            #"{ name = "a", at = 0, type = "u8", scale_by = { field = "b", as = "power" } }, "#
                + #"{ name = "b", at = 0, type = "u8" }"#,
            #"6: fields[1].scale_by.as: "power" is not one of "factor", "divisor", "exponent""#
        ),
        (
            #"{ name = "a", at = 0, type = "text", size = 2, scale_by = "b" }, { name = "b", at = 0, type = "u8" }"#,
            "6: fields[1].scale_by: is for numbers, and the field is a text"
        ),
        (
            #"{ name = "a", at = 0, type = "u8", scale_by = "b_{n}" }, "#
                + #"{ name = "b_{n}", at = 0, type = "u8", count = 2 }"#,
            #"6: fields[1].scale_by: the field "b_{n}" is an array"#
        ),
        (
            #"{ name = "a_{n}", at = 0, type = "u8", count = { field = "b" } }, { name = "b", at = 0, type = "u8" }"#,
            #"6: fields[1].count: the field "b" must stand above the array"#
        ),
        (
            #"{ name = "a_{n}", at = 0, type = "u8", count = { type = "u8" } }"#,
            "6: fields[1].count: give at and type, where the number stands, or the field that says it"
        ),
    ])
    func `a reference that cannot be is named with its line and what is right`(fields: String, issue: String) {
        #expect(problems(fields).first == issue)
    }

    @Test func `a value without its factor is none, never an unscaled one`() throws {
        let fields = """
            { name = "x", at = 0, type = "u8", scale_by = "y" },
            { name = "y", at = 1, type = "s16be", missing = [0x8000] },
            { name = "z", at = 0, type = "u8", scale_by = { field = "y", as = "divisor" } },
            { name = "e", at = 0, type = "u8", scale_by = { field = "y", as = "exponent" } }
            """
        #expect(try read(fields, "05 8000") == ["x!missing", "y!missing", "z!missing", "e!missing"])
        #expect(try read(fields, "05 00") == ["x!missing", "y!missing", "z!missing", "e!missing"])
        #expect(try read(fields, "05 0000") == ["x=0.0", "y=0.0", "e=5.0", "z!missing"])
        // No sensor has such an exponent.
        #expect(try read(fields, "05 7FFF").contains("e!missing"))
    }

    // MARK: Values

    @Test(arguments: [
        ("scale_by = \"k\"", "0004 01", ["x=4.0"]), ("scale_by = \"k\"", "0903 0A", ["x=23070.0"]),
        ("scale = 0.1, scale_by = \"k\"", "0903 03", ["x=692.1"]),
        ("scale = 0.1, offset = -40, scale_by = \"k\"", "0903 03", ["x=652.1"]),
        ("scale_by = { field = \"k\", as = \"divisor\" }", "0903 0A", ["x=230.7"]),
        ("scale = 0.01, scale_by = { field = \"k\", as = \"divisor\" }", "0903 02", ["x=11.535"]),
        ("scale_by = { field = \"k\", as = \"exponent\" }", "0903 02", ["x=230700.0"]),
        ("scale_by = { field = \"k\", as = \"exponent\" }", "0903 FF", ["x=230.7"]),
        ("scale_by = { field = \"k\", as = \"exponent\" }", "0903 FD", ["x=2.307"]),
        ("scale_by = [\"k\", { field = \"k\", as = \"exponent\" }]", "0903 01", ["x=23070.0"]),
        ("offset_by = \"k\"", "00E6 01", ["x=231.0"]),
        ("scale = 0.1, offset_by = [\"k\", \"k\"]", "0001 03", ["x=6.1"]),
        ("missing = [0xFFFF], scale_by = \"k\"", "FFFF 02", ["x!missing"]),
        ("range = [0, 100], scale_by = \"k\"", "0033 02", ["x!implausible"]),
        ("range = [0, 102], scale_by = \"k\"", "0033 02", ["x=102.0"]),
    ])
    func `another field multiplies, divides, shifts or is added, with one rounding`(
        keys: String, frame: String, expected: [String]
    ) throws {
        let fields = """
            { name = "x", at = 0, type = "u16be", \(keys) },
            { name = "k", at = 2, type = "s8", publish = false }
            """
        #expect(try read(fields, frame) == expected)
    }

    @Test func `a decimal point, a sign and a unit of their own make one value`() throws {
        let fields = """
            { name = "weight", at = 1, type = "digits", size = 6, scale_by = ["point", "sign", "unit"] },
            { name = "point", at = 0, bits = [0, 2], values = { 2 = 1, 3 = 0.1, 4 = 0.01 }, publish = false },
            { name = "sign", at = 0, bits = [5, 5], values = { 0 = 1, 1 = -1 }, publish = false },
            { name = "unit", at = 0, bit = 4, values = { 0 = 0.45359237, 1 = 1 }, publish = false }
            """
        #expect(try read(fields, "34 303031323334") == ["weight=-12.34"])
        #expect(try read(fields, "03 303031323334") == ["weight=55.973298458"])
        // No such decimal point is known.
        #expect(try read(fields, "17 303031323334") == ["weight!missing"])
    }

    @Test func `what a factor is made of may itself depend on others, in any order`() throws {
        let fields = """
            { name = "a", at = 0, type = "u8", offset_by = "b", valid_if = { field = "c", min = 10 } },
            { name = "b", at = 1, type = "u8", scale_by = "c" },
            { name = "c", at = 2, type = "u8", offset = 1, scale_by = "d" },
            { name = "d", at = 3, type = "u8" },
            { name = "text", compose = "{a}/{b}" }
            """
        #expect(try read(fields, "01 02 03 04") == ["a=27.0", "b=26.0", "c=13.0", "d=4.0", "text=\"27/26\""])
        #expect(try read(fields, "01 02 01 04") == ["b=10.0", "c=5.0", "d=4.0", "a!conditional", "text!missing"])
    }

    @Test func `elements of arrays refer to elements of the same number`() throws {
        let fields = """
            { name = "sign_{n}", at = 0, type = "u16le", bits = [15, 15], values = { 0 = -1, 1 = 1 }, count = 3, \
            stride = 4, publish = false },
            { name = "x_{n}", at = 0, type = "u16le", bits = [0, 14], count = 3, stride = 4, scale_by = "sign_{n}", \
            valid_if = { field = "gate_{n}", min = 1 } },
            { name = "gate_{n}", at = 2, type = "u16le", count = 3, stride = 4 }
            """
        #expect(
            try read(fields, "0E03 4001 0000 0000 0780 0100")
                == ["x_1=-782.0", "x_3=7.0", "gate_1=320.0", "gate_2=0.0", "gate_3=1.0", "x_2!conditional"])
    }

    @Test func `of alternatives the first that has a value counts, and one name is published once`() throws {
        let fields = """
            { name = "raw", at = 0, type = "u16be", publish = false },
            { name = "t", at = 0, type = "u16be", unit = "Cel", valid_if = { field = "raw", max = 100 } },
            { name = "t", at = 0, type = "u16be", scale = -1, offset = 100, unit = "Cel", range = [-40, -1] },
            { name = "double", at = 2, type = "u8", scale_by = "t" }
            """
        #expect(try read(fields, "0063 02") == ["t=99.0 Cel", "double=198.0"])
        #expect(try read(fields, "0065 02") == ["t=-1.0 Cel", "double=-2.0"])
        #expect(try read(fields, "00FF 02") == ["t!conditional", "double!missing"])
        let unit = fields.replacing("offset = 100, unit = \"Cel\"", with: "offset = 100, unit = \"K\"")
        #expect(problems(unit) == [#"8: fields[3].unit: alternatives of "t" have one unit"#])
    }

    @Test(arguments: [
        ("type = \"s16be\", bits = [4, 15]", "FFF0", ["x=-1.0"]),
        ("type = \"s16be\", bits = [4, 15]", "7FF0", ["x=2047.0"]),
        ("type = \"s16be\", bits = [0, 11]", "1800", ["x=-2048.0"]),
        ("type = \"sm16be\", bits = [0, 11]", "1801", ["x=-1.0"]),
        ("type = \"u16be\", bits = [0, 11]", "1801", ["x=2049.0"]), ("type = \"s8\", bits = [7, 7]", "80", ["x=-1.0"]),
        ("type = \"s16be\", bits = [0, 11], missing = [-2048]", "1800", ["x!missing"]),
    ])
    func `some bits of a signed type have the highest as their sign`(
        keys: String, frame: String, expected: [String]
    ) throws {
        #expect(try field("at = 0, \(keys)", frame) == expected)
    }
}

/// Arrays whose number stands apart, and records with tags.
@Suite struct MovableFieldTests {
    @Test func `a field that was read before counts the elements of arrays behind one another`() throws {
        let decoder = ProfileDecoder(
            try profile(
                """
                framing = { kind = "cobs" }
                fields = [
                  { name = "sensors", at = 0, type = "u8", publish = false },
                  { name = "cells", at = 1, type = "u8", publish = false },
                  { name = "cell_{n}", at = 2, type = "u16le", count = { field = "cells" } },
                  { name = "t_{n}", after = "cell_{n}", at = 0, type = "s8", count = { field = "sensors", max = 2 } },
                  { name = "end", after = "t_{n}", at = 0, type = "u8" },
                ]
                """))
        #expect(
            short(decoder.decode(hex("01 02 0100 0200 FF 63")[...])) == [
                "cell_1=1.0", "cell_2=2.0", "t_1=-1.0", "end=99.0",
            ])
        #expect(short(decoder.decode(hex("03 00 01 02 07")[...])) == ["t_1=1.0", "t_2=2.0", "end=7.0"])
        // A count that goes beyond the frame gives none.
        #expect(short(decoder.decode(hex("00 FF 0100 0200")[...])) == ["end=1.0"])
        #expect(decoder.decode(hex("00")[...]).readings.isEmpty)
    }

    @Test func `the last record of an array need not be whole behind its field`() throws {
        let decoder = ProfileDecoder(
            try profile(
                """
                framing = { kind = "cobs" }
                fields = [{ name = "x_{n}", at = 3, type = "u8", stride = 4, count = { at = 0, type = "u8" } }]
                """))
        #expect(short(decoder.decode(hex("02 0000 05 000000 06")[...])) == ["x_1=5.0", "x_2=6.0"])
        #expect(short(decoder.decode(hex("02 0000 05 000000")[...])) == [])
    }

    private static let records = """
        framing = { kind = "cobs" }
        records = { at = 1, to = -1, tag = { at = 2, type = "u16le" }, length = { at = 0, type = "u8", add = 1 } }
        fields = [
          { name = "t", record = 100, at = 4, type = "s16be" },
          { name = "last", record = 100, at = -1, type = "u8" },
          { name = "h", record = 0x200, at = 4, type = "u8" },
          { name = "name", record = 0x200, at = 4, type = "text", size = -1 },
          { name = "v_{n}", record = 0x300, at = 5, type = "u8", count = { at = 4, type = "u8" } },
        ]
        """

    @Test func `records are found by their tags, whatever stands between them`() throws {
        let decoder = ProfileDecoder(try profile(Self.records))
        let other = "04 00 FFFF 00"
        #expect(
            short(decoder.decode(hex("00 \(other) 05 00 6400 FFFE \(other) 05 00 0002 4142 00")[...]))
                == ["t=-2.0", "last=254.0", "h=65.0", "name=\"AB\"", "v_{n}!missing"])
        // A sensor that has no value sends a shorter record.
        #expect(short(decoder.decode(hex("00 03 00 6400 04 00 0002 42 00")[...])).contains("t!missing"))
        #expect(
            short(decoder.decode(hex("00 06 00 0003 02 07 08 05 00 6400 0001 05 00 6400 0009 00")[...]))
                == ["t=1.0", "last=1.0", "v_1=7.0", "v_2=8.0", "h!missing", "name!missing"])
    }

    @Test(arguments: [
        // A record that ends before its tag; one of no size; one longer than the frame.
        "00 01 00 6400 FFFE 00", "00 00 05 00 6400 FFFE 00", "00 07 00 6400 FFFE 00", "00", "",
    ])
    func `a record that is none has no values, and none of another's`(frame: String) throws {
        let frame = ProfileDecoder(try profile(Self.records)).decode(hex(frame)[...])
        #expect(frame.readings.isEmpty)
    }

    @Test(arguments: [
        (
            "{ name = \"t\", record = 1, at = 4, type = \"u8\" }", "",
            "5: fields[1].record: the message has no records; say records = { at = 6, tag = ..., length = ... }"
        ),
        (
            "{ name = \"t\", at = 4, type = \"u8\" }", "records = { at = 1 }\n",
            "5: records: missing key \"tag\"; for example tag = { at = 0, type = \"u16be\" }"
        ),
        (
            "{ name = \"t\", at = 4, type = \"u8\" }",
            "records = { at = 1, tag = { at = 0 }, length = { at = 0, type = \"s8\" } }\n",
            "5: records.length.type: \"s8\" is none of \"u8\", \"u16be\", \"u16le\", \"u24be\", \"u24le\", \"u32be\", "
                + "\"u32le\""
        ),
    ])
    func `records that cannot be are named`(field: String, records: String, issue: String) {
        #expect(issues("framing = { kind = \"cobs\" }\n\(records)fields = [\(field)]").contains(issue))
    }
}
