/// Points in time as HTTP writes them (RFC 9110, 5.6.7).
enum HTTPDate {
    /// Milliseconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT`, or of one of the two older forms, `Sunday,
    /// 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`; nil where the text is none.
    static func milliseconds(_ text: String) -> Int64? {
        let words = text.split { " ,-".contains($0) }.map(String.init)
        let parts: (day: String, month: String, year: String, time: String)
        if words.count == 6, words[5] == "GMT" {
            parts = (words[1], words[2], words[3], words[4])
        } else if words.count == 5 {
            parts = (words[2], words[1], words[4], words[3])
        } else {
            return nil
        }
        guard let month = months.firstIndex(of: parts.month), let year = year(parts.year) else { return nil }
        let day = parts.day.count == 1 ? "0" + parts.day : parts.day
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        return TimestampReader.milliseconds("\(year)-\(number)-\(day)T\(parts.time)Z".utf8)
    }

    /// Four digits. Two are of this century: nobody asks to be asked again in 1994.
    private static func year(_ text: String) -> String? {
        switch text.count {
        case 4: text
        case 2: "20" + text
        default: nil
        }
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}
