import Testing

@testable import Uplinks

@Suite struct TimestampTests {
    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (1_787_476_445_123, "2026-08-23T09:14:05.123Z"), (-1, "1969-12-31T23:59:59.999Z"),
        (4_107_542_399_999, "2100-02-28T23:59:59.999Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"), (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
    ])
    func `known times are written as RFC 3339 says`(milliseconds: Int64, text: String) {
        var writer = TimestampWriter()
        #expect(writer.string(milliseconds) == text)
        #expect(TimestampReader.milliseconds(text.utf8) == milliseconds)
    }

    @Test func `times outside of four-digit years are moved to the nearest end`() {
        var writer = TimestampWriter()
        #expect(writer.string(.max) == "9999-12-31T23:59:59.999Z")
        #expect(writer.string(.min) == "0000-01-01T00:00:00.000Z")
    }

    @Test func `each day from 1970 to 2100 has the date of the calendar`() {
        var writer = TimestampWriter()
        var (year, month, day) = (1970, 1, 1)
        for number in 0..<47_847 {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            let expected = [year, month, day]
            writer.set(Int64(number) * 86_400_000 + 86_399_999)
            let text = writer.text
            let written = [text[0..<4], text[5..<7], text[8..<10]].map { digits in
                digits.reduce(0) { $0 * 10 + Int($1) - 0x30 }
            }
            if written != expected { Issue.record("day \(number): \(written) instead of \(expected)") }
            day += 1
            if day > lengths[month - 1] { (month, day) = (month + 1, 1) }
            if month > 12 { (year, month) = (year + 1, 1) }
        }
        #expect(year == 2101)
    }

    @Test func `random times in any order come back`() {
        var writer = TimestampWriter()
        var random = SeededGenerator(seed: 11)
        for _ in 0..<20_000 {
            let milliseconds = Int64.random(in: -62_167_219_200_000...253_402_300_799_999, using: &random)
            #expect(TimestampReader.milliseconds(writer.string(milliseconds).utf8) == milliseconds)
        }
    }

    @Test(arguments: [
        "", "2026-08-23", "2026-08-23T09:14:05", "2026-13-23T09:14:05Z", "2026-08-23T24:14:05Z",
        "2026-08-23T09:14:05.Z",
        "2026-08-23T09:14:05.1x3Z", "2026-08-23 09:14:05.123Z", "yyyy-mm-ddThh:mm:ssZ",
    ])
    func `what is no such time is not read`(text: String) {
        #expect(TimestampReader.milliseconds(text.utf8) == nil)
    }

    @Test func `fractions of other lengths are read`() {
        #expect(TimestampReader.milliseconds("1970-01-01T00:00:01Z".utf8) == 1000)
        #expect(TimestampReader.milliseconds("1970-01-01T00:00:01.5Z".utf8) == 1500)
        #expect(TimestampReader.milliseconds("1970-01-01T00:00:01.123456789Z".utf8) == 1123)
    }
}
