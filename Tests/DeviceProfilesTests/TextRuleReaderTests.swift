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
}
