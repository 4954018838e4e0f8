import DeviceProfiles
import SerialIO
import StrictTOML
import Testing

@Suite struct ProfileReaderTests {
    private static let line = "framing = { kind = \"line\" }\n"
    private static let fixed = "framing = { kind = \"fixed\", start = \"FF 86\", size = 9 }\n"

    @Test func `a profile without anything says all that is missing at once`() {
        let found: [String]
        do {
            _ = try Profile.read("", file: "t.toml", name: "Bad_Name")
            found = []
        } catch {
            found = error.issues.map { String("\($0)".dropFirst("t.toml: ".count)) }
        }
        #expect(
            found == [
                #"the file's name is the profile's: lower-case letters, digits and "-", then .toml"#,
                #"missing key "format"; for example format = 1"#,
                #"missing key "title"; for example title = "Plantower PMS5003 particle sensor""#,
                #"missing key "source"; for example source = "data sheet V2.5, section 4""#,
                #"missing key "framing"; for example framing = { kind = "line" }"#,
                "there is nothing to read; add fields = [...] or [[message]]",
            ])
    }

    @Test(arguments: [
        (
            #"fields = [{ name = "a", at = 2, type = "u16be", unit = "°C" }]"#,
            #"5: fields[1].unit: "°C" is no unit symbol of SenML (RFC 8428, RFC 8798); did you mean "Cel"?"#
        ),
        (
            #"fields = [{ name = "a", at = 8, type = "u16be" }]"#,
            "5: fields[1].at: the field ends at byte 9, and the frame has 9 bytes, counted from 0"
        ),
        (
            #"fields = [{ name = "a", at = -10, type = "u8" }]"#,
            "5: fields[1].at: the field ends at byte -1, and the frame has 9 bytes, counted from 0"
        ),
        (
            #"fields = [{ name = "a", at = 2, type = "u16" }]"#,
            #"5: fields[1].type: "u16" needs an order of bytes: "u16be" or "u16le""#
        ),
        (
            #"fields = [{ name = "a", at = 2, type = "u17be" }]"#,
            #"5: fields[1].type: "u17be" is no type of bytes; did you mean "u16be"?"#
        ),
        (
            #"fields = [{ name = "a", at = 2, typ = "u8" }]"#,
            #"5: fields[1]: missing key "type"; for example type = "u16be""#
        ),
        (
            #"fields = [{ name = "a", column = 2 }]"#,
            "5: fields[1].column: is for text; say in [text] how it is divided"
        ),
        (
            #"fields = [{ name = "a", at = 2, type = "u8", bit = 8 }]"#,
            "5: fields[1].bit: there are 8 bits, counted from 0"
        ),
        (
            #"fields = [{ name = "a", at = 2, type = "u8", valid_if = { field = "b", is = 1 } }]"#,
            #"5: fields[1].valid_if: the message has no field "b"; did you mean "a"?"#
        ),
        (
            #"fields = [{ name = "a", at = 2, type = "u8" }, { name = "a", at = 3, type = "u8" }]"#,
            #"5: fields[2].name: two fields have the name "a"; where they are alternatives, give each a valid_if or a "#
                + "range"
        ),
        (
            #"fields = [{ name = "a b", at = 2, type = "u8" }]"#,
            #"5: fields[1].name: "a b" is no name of a reading; it begins with a letter or digit and has letters, "#
                + #"digits and "-:./_" (RFC 8428, section 4.5.1)"#
        ),
        (
            #"fields = [{ name = "a", at = 2, type = "u8", count = 2 }]"#,
            #"5: fields[1].name: an array needs {n} in its name, such as "cell_{n}""#
        ),
        (
            #"fields = [{ name = "a", compose = "{b}" }]"#,
            #"5: fields[1].compose: the message has no field "b"; did you mean "a"?"#
        ),
        (
            #"fields = [{ name = "a", at = 2, type = "u8", range = [5, 1] }]"#,
            "5: fields[1].range: expected an array of the lowest and the highest number, such as [-40, 125], "
                + "found an array"
        ),
        (
            #"fields = [{ name = "a", at = 2, type = "hex" }]"#,
            #"5: fields[1]: missing key "size"; for example size = 4"#
        ),
    ])
    func `a field that cannot be is named with its line and what is right`(fields: String, issue: String) {
        #expect(issues(Self.fixed + fields).first == issue)
    }

    @Test(arguments: [
        ("framing = { kind = \"lines\" }", #"4: framing.kind: "lines" is no framing; did you mean "line"?"#),
        (
            "framing = { kind = \"length\", length = { at = 1, type = \"u8\" } }",
            "4: framing.length: give allow, an array of the whole sizes that are possible, or max: "
                + "noise must not wait for more"
        ),
        (
            "framing = { kind = \"fixed\", size = 3, start = \"F\" }",
            #"4: framing.start: "F" is not bytes in hexadecimal, such as "42 4D ??""#
        ),
        (
            "framing = { kind = \"stuffed\", start = \"C0\", end = \"C0\", escape = \"DB\", "
                + "pairs = { \"DC\" = \"C0\" } }",
            #"4: framing.pairs: "DC" = "C0" is no pair: the escape and the byte behind it, "#
                + "then the byte that they stand for"
        ),
        (
            "framing = { kind = \"cobs\" }\nchecksum = { kind = \"crc16/modbuss\" }",
            #"5: checksum.kind: "crc16/modbuss" is no checksum; did you mean "crc16/modbus"?"#
        ),
        (
            "framing = { kind = \"modbus-rtu\" }\nchecksum = { kind = \"none\" }",
            "5: checksum: the checksum of this framing is built in"
        ),
        (
            "framing = { kind = \"line\" }\nmodbus = { unit = 1 }",
            #"5: modbus: belongs to kind = "modbus-rtu" or "modbus-ascii" in [framing]"#
        ),
        (
            "framing = { kind = \"fixed\", size = 3 }\nchecksum = { kind = \"none\" }",
            #"4: framing: missing key "start"; for example start = "FF 86""#
        ),
        (
            "framing = { kind = \"fixed\", size = 1, start = \"42 4D\" }",
            "4: framing.size: the frame has more bytes: start or trailer alone has more than 1"
        ),
        (
            "framing = { kind = \"fixed\", size = 9, start = \"42\" }\nchecksum = { kind = \"sum8\", over = [1, 80] }",
            "5: checksum: over or at is outside a frame of 9 bytes, counted from 0"
        ),
        (
            "framing = { kind = \"length\", length = { at = 0, type = \"u8\", values = { 1 = 4, x = 5 }, add = 1 } }",
            "4: framing.length.add: values says the sizes of whole frames already"
        ),
        (
            "framing = { kind = \"length\", length = { at = 0, type = \"u8\", bits = [4, 8], max = 9 } }",
            "4: framing.length.bits: there are 8 bits, counted from 0"
        ),
        (
            "framing = { kind = \"stuffed\", start = \"10 02\", end = \"0D 0A\", escape = \"10\", xor = 32 }",
            #"4: framing.end: must be one byte, such as "7E", or the escape and one, such as "10 03""#
        ),
        (
            "framing = { kind = \"stuffed\", start = \"10 02\", end = \"0D\", escape = \"10\", xor = 32 }",
            #"4: framing.start: must be one byte, such as "7E""#
        ),
        (
            "framing = { kind = \"cobs\" }\nchecksum = { kind = \"crc16/modbus\", init = 5 }",
            #"5: checksum.init: the name says it already; say kind = "crc" for another"#
        ),
        (
            "framing = { kind = \"cobs\" }\nchecksum = { kind = \"sum8\", init = 256 }",
            "5: checksum.init: 256 is too large; allowed is an integer from 0 to 255"
        ),
        (
            "framing = { kind = \"cobs\" }\n[checksum]\nkind = \"sum8\"\nfields = []",
            #"7: checksum: unknown key "fields"; it is a key of the file: write it above the first [table]"#
        ),
    ])
    func `framing that cannot be is named`(text: String, issue: String) {
        #expect(issues(text).contains(issue))
    }

    @Test func `a pattern that does not compile is an error at its line`() {
        let text =
            Self.line + "text = { format = \"pattern\" }\npattern = '^(a'\nfields = [{ name = \"a\", key = \"a\" }]"
        #expect(issues(text).first?.hasPrefix("6: pattern: \"^(a\" is no regular expression: ") == true)
    }

    @Test func `a group that the pattern has not is an error`() {
        let text =
            Self.line
            + "text = { format = \"pattern\" }\npattern = '^(?<weight>.*)$'\n"
            + "fields = [{ name = \"a\", key = \"wight\" }]"
        #expect(issues(text) == [#"7: fields[1].key: the pattern has no group "wight"; did you mean "weight"?"#])
    }

    @Test func `a poll whose reply names no message is an error`() {
        let text =
            Self.fixed + """
                message = [{ name = "co2", match = [{ length = 9 }], fields = [
                  { name = "co2", at = 2, type = "u16be" }] }]
                poll = [{ send = "FF {addr} {check}", reply = ["c02"] }]
                """
        #expect(
            issues(text) == [
                #"7: poll[1].send: [parameters] has no "addr""#,
                "7: poll[1].send: there is no [checksum] to fill in; say check = { kind = ... }",
                #"7: poll[1].reply[1]: no message has the name "c02"; did you mean "co2"?"#,
            ])
    }

    @Test func `a message that takes everything hides no other`() {
        let text =
            Self.fixed + """
                message = [{ name = "a", fields = [{ name = "a", at = 2, type = "u8" }] },
                  { name = "b", fields = [{ name = "b", at = 2, type = "u8" }] }]
                """
        #expect(
            issues(text) == [#"5: message: message 1 takes every frame, so that "b" is never reached; give it match"#])
    }

    @Test func `a profile without samples is taken, with a remark`() throws {
        let profile = try profile(Self.fixed + "fields = [{ name = \"a\", at = 2, type = \"u8\" }]")
        #expect(profile.remarks.map(\.message).first?.hasPrefix("there is no [[sample]]") == true)
    }

    @Test func `a variant changes keys of the link and of fields, and its mistakes have their own line`() throws {
        let base = Self.fixed + "fields = [{ name = \"t\", at = 2, type = \"u16be\", scale = 0.1, unit = \"Cel\" }]\n"
        let good = try profile(
            base + "[variants.x100]\ntitle = \"hundredths\"\nlink = { baud = 4800 }\nfields = { t = { scale = 0.01 } }")
        let variant = try #require(good.variant("x100"))
        #expect(variant.name == "test/x100" && variant.link.settings.baud == 4800)
        #expect(variant.messages[0].fields[0].scale == 0.01 && variant.messages[0].fields[0].unit == "Cel")
        #expect(good.link.settings.baud == 9600 && good.messages[0].fields[0].scale == 0.1)
        let bad = base + "[variants.x100]\ntitle = \"h\"\nfields = { t = { scale = \"x\" }, u = { scale = 1 } }"
        #expect(
            issues(bad) == [
                #"8: variants.x100.fields.u: there is no field "u"; did you mean "t"?"#,
                #"8: fields[1].scale: expected a number, found the string "x""#,
            ])
    }

    @Test func `durations may have a fraction, and several speeds the first as default`() throws {
        let profile = try profile(
            Self.fixed
                + "fields = [{ name = \"a\", at = 2, type = \"u8\" }]\nlink = { baud = [9600, 2400], "
                + "byte_timeout = \"1.5s\" }"
        )
        #expect(profile.link.bauds == [9600, 2400] && profile.link.settings.byteTimeout == .milliseconds(1500))
    }
}
