import DeviceProfiles
import Testing

/// What a profile of text may not say, and what is said of it.
@Suite struct TextRuleReaderTests {
    private static let line = "framing = { kind = \"line\" }\n"
    private static let csv = line + "text = { format = \"csv\" }\n"
    private static let fields = "fields = [{ name = \"x\", column = 0 }]"

    @Test(arguments: [
        (
            #"text = { format = "csv", separator = ";", decimal = ";" }"#,
            #"5: text.decimal: ";" is no decimal sign; allowed are "." and ",""#
        ),
        (
            #"text = { format = "csv", decimal = "," }"#,
            #"5: text.decimal: is the separator of columns; say separator = ";" or what else parts them"#
        ),
        (
            #"text = { format = "key-value", pair = ", ", decimal = "," }"#,
            "5: text.decimal: a comma parts pairs already"
        ),
        (#"text = { format = "json", decimal = "," }"#, "5: text.decimal: JSON has points"),
        (
            #"text = { format = "json", separator = ";" }"#,
            #"5: text.separator: belongs to format = "csv", but the format is "json""#
        ),
    ])
    func `a division of text that cannot be is named`(text: String, issue: String) {
        #expect(issues(Self.line + text + "\n" + Self.fields).first == issue)
    }

    @Test(arguments: [
        (
            #"letters = { K = "x" }"#,
            "6: fields[1].letters.K: expected a number, or an array of at most 2, such as [1.8, 32]: scale and offset, "
                + #"found the string "x""#
        ),
        (
            "letters = { K = [1, 2, 3] }",
            "6: fields[1].letters.K: expected a number, or an array of at most 2, such as [1.8, 32]: scale and offset, "
                + "found an array"
        ),
        ("letters = { K = 0 }", "6: fields[1].letters.K: a scale of 0 makes every value the same"),
        ("letter_at = { column = 1 }", "6: fields[1].letter_at: belongs to letters"),
        ("key = \"\"", "6: fields[1].key: must not be empty"),
    ])
    func `a place in a line that cannot be is named`(keys: String, issue: String) {
        let found = issues(Self.csv + "fields = [{ name = \"x\", column = 1, \(keys) }]")
        #expect(found.first == issue)
    }

    @Test(arguments: [
        (
            #"{ kind = "block", start = "a", end = "b", end_line = true, tail = 1 }"#,
            "4: framing.tail: end_line says already what belongs to the block"
        ),
        (
            #"{ kind = "block", start = "a", end = "b", tail = 17 }"#,
            "4: framing.tail: 17 is too large; allowed is an integer from 0 to 16"
        ),
    ])
    func `a tail of a block that cannot be is named`(framing: String, issue: String) {
        #expect(issues("framing = \(framing)\ntext = { format = \"csv\" }\n" + Self.fields).first == issue)
    }

    @Test func `columns are counted only where there are columns`() {
        let message = "message = [{ match = [{ columns = 2 }], fields = [{ name = \"x\", key = \"x\" }] }]"
        #expect(
            issues(Self.line + "text = { format = \"json\" }\n" + message).first
                == #"6: message[1].match[1].columns: columns are of [text] format = "csv" and of NMEA"#)
    }

    @Test(arguments: [
        ("sml", "1.8.0", #""1.8.0" is no code of SML; they are written "1-0:1.8.0*255""#),
        ("sml", "1-0:1.8.0", #""1-0:1.8.0" is no code of SML; they are written "1-0:1.8.0*255""#),
        ("dlms-hdlc", "1-0:1.8.0*255", #""1-0:1.8.0*255" is no code of DLMS; they are written "1.0.1.8.0.255""#),
        ("dlms-hdlc", "1.8.0", #""1.8.0" is no code of DLMS; they are written "1.0.1.8.0.255""#),
        ("iec62056-21", "1-0:1.8.0*255", #""*255" is left out of codes: "1-0:1.8.0""#),
    ])
    func `a key that the telegram never has is named with one that it has`(kind: String, key: String, issue: String) {
        let text = "framing = { kind = \"\(kind)\" }\nfields = [{ name = \"x\", key = \"\(key)\" }]"
        #expect(issues(text) == ["5: fields[1].key: " + issue])
    }

    @Test(arguments: [
        ("sml", "1-0:16.7.0*255"), ("sml", "129-129:199.130.3*255"), ("sml", "server_id"), ("dlms-hdlc", "time"),
        ("dlms-hdlc", "0.0.96.1.0.255"), ("iec62056-21", "1.8.0*01"), ("iec62056-21", "C.1.0"),
        ("dsmr-p1", "1-0:1.8.1"),
    ])
    func `keys that telegrams have are keys`(kind: String, key: String) {
        let text = "framing = { kind = \"\(kind)\" }\nfields = [{ name = \"x\", key = \"\(key)\" }]"
        #expect(issues(text).isEmpty)
    }

    @Test func `a sentence is matched by its name alone`() {
        let text = """
            framing = { kind = "nmea" }
            message = [{ match = [{ column = 0, is = "$GPGGA" }], fields = [{ name = "x", column = 1 }] }]
            """
        #expect(
            issues(text) == [
                #"5: message[1].match[1].is: a sentence's name is without the "$": "GPGGA""#
            ])
    }

    @Test(arguments: [
        (
            #"framing = { kind = "line", start = "02" }"#, "",
            #"4: framing.start: is the text "02" here; the byte 02 is "\u0002""#
        ),
        (
            #"framing = { kind = "line", end = "0D 0A" }"#, "",
            #"4: framing.end: is the text "0D 0A" here; the byte 0D is "\u000D""#
        ),
        (
            #"framing = { kind = "line" }"#, #", unit = "C""#,
            #"6: fields[1].unit: "C" is the coulomb; degrees Celsius are "Cel""#
        ),
    ])
    func `what is right and looks wrong is a remark`(framing: String, keys: String, remark: String) throws {
        let fields = "fields = [{ name = \"x\", column = 0\(keys) }]"
        let found = try profile(framing + "\ntext = { format = \"csv\" }\n" + fields).remarks.map { "\($0)" }
        #expect(found.contains("t.toml:" + remark))
    }
}
