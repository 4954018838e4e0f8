import Testing

@testable import StrictTOML

@Suite struct NearestKeyTests {
    @Test(arguments: [
        ("abc", "abc", 0), ("", "abc", 3), ("abc", "", 3), ("abc", "abd", 1), ("abc", "acb", 1), ("abc", "ab", 1),
        ("kitten", "sitting", 3), ("parity", "partiy", 1), ("ca", "abc", 3),
    ])
    func `edits and swaps of neighbours count one each`(left: String, right: String, distance: Int) {
        #expect(NearestKey.distance(left, right) == distance)
        #expect(NearestKey.distance(right, left) == distance)
    }

    @Test(arguments: [
        ("baudrate", "baud"), ("Baud", "baud"), ("prot", "port"), ("password", "password_file"),
        ("stopbits", "stop_bits"), ("topic", "topics"), ("retry_mn", "retry_min"),
    ])
    func `a slip finds the key that was meant`(word: String, key: String) {
        let keys = ["baud", "port", "password_file", "stop_bits", "topics", "retry_min", "retry_max"]
        #expect(NearestKey.find(word, in: keys) == key)
    }

    @Test(arguments: ["voltage", "xyz", "", "p"])
    func `a word that is near nothing finds nothing`(word: String) {
        #expect(NearestKey.find(word, in: ["baud", "port", "password_file"]) == nil)
    }
}

@Suite struct DurationTextTests {
    @Test(arguments: [
        ("50ms", Duration.milliseconds(50)), ("1s", .seconds(1)), ("5m", .seconds(300)), ("2h", .seconds(7200)),
        ("7d", .seconds(604_800)), ("0s", .zero), ("10 s", .seconds(10)), ("1.5s", .milliseconds(1500)),
        ("0.25 m", .seconds(15)),
    ])
    func `a number with its unit is read`(text: String, duration: Duration) {
        #expect(DurationText.parse(text) == duration)
    }

    @Test(arguments: [
        "", "5", "s", "1.5ms", "1.s", ".5s", "1,5s", "1.2345s", "-1s", "5min", "5 m s", "5  s", "1S", "٣s",
        "9999999999999999999s", "100001d",
    ])
    func `anything else is not`(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test(arguments: [
        (Duration.milliseconds(1500), "1500ms"), (.seconds(60), "1m"), (.seconds(90), "90s"), (.seconds(604_800), "7d"),
        (.zero, "0s"),
    ])
    func `it is written in the largest unit in which it is whole`(duration: Duration, text: String) {
        #expect(DurationText.format(duration) == text)
    }
}

@Suite struct TOMLTextTests {
    @Test(arguments: ["", "plain", "\"quoted\"", "back\\slash", "tab\tand\nline", "\u{1}\u{7F}", "grün 日本 🌡"])
    func `a string that is written is read back`(text: String) throws {
        let document = try TOMLDocument("key = \(TOMLText.string(text))", file: "t")
        #expect(document.root["key"]?.content == .string(text))
    }
}
