import Records

/// Single values. Each accessor returns nil where the key is absent, and where its value is wrong and was reported.
extension TableReader {
    /// A string that is not empty, unless said otherwise.
    public func string(_ key: String, allowsEmpty: Bool = false) -> String? {
        guard let value = take(key) else { return nil }
        guard case .string(let text) = value.content else {
            failKind(value, at: key, expected: "a string in quotes")
            return nil
        }
        guard allowsEmpty || !text.isEmpty else {
            fail("must not be empty", at: key)
            return nil
        }
        return text
    }

    /// A boolean.
    public func boolean(_ key: String) -> Bool? {
        guard let value = take(key) else { return nil }
        guard case .boolean(let flag) = value.content else {
            failKind(value, at: key, expected: "true or false")
            return nil
        }
        return flag
    }

    /// An integer within a range.
    public func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let value = take(key) else { return nil }
        let allowed = "an integer from \(range.lowerBound) to \(range.upperBound)"
        guard case .integer(let number) = value.content else {
            failKind(value, at: key, expected: allowed)
            return nil
        }
        guard range.contains(number) else {
            let size = number < range.lowerBound ? "small" : "large"
            fail("\(number) is too \(size); allowed is \(allowed)", at: key)
            return nil
        }
        return number
    }

    /// A number with or without a fraction, finite.
    public func number(_ key: String) -> Double? {
        guard let value = take(key) else { return nil }
        switch value.content {
        case .integer(let number): return Double(number)
        case .float(let number) where number.isFinite: return number
        default:
            failKind(value, at: key, expected: "a number")
            return nil
        }
    }

    /// One of the cases of an enumeration, by its raw value.
    public func choice<Choice>(_ key: String, of type: Choice.Type) -> Choice?
    where Choice: CaseIterable & RawRepresentable<String> {
        guard let value = take(key) else { return nil }
        let words = type.allCases.map(\.rawValue)
        let allowed = words.count == 1 ? quoted(words[0]) : "one of \(quotedList(words))"
        guard case .string(let text) = value.content else {
            failKind(value, at: key, expected: allowed)
            return nil
        }
        guard let choice = Choice(rawValue: text) else {
            fail("\(quoted(text)) is not \(allowed)\(NearestKey.hint(text, in: words) ?? "")", at: key)
            return nil
        }
        return choice
    }

    /// A duration such as `50ms`, `1s`, `5m`, `2h` or `7d`, within a range.
    public func duration(_ key: String, in range: ClosedRange<Duration>) -> Duration? {
        guard let value = take(key) else { return nil }
        let bounds = "\(DurationText.format(range.lowerBound)) to \(DurationText.format(range.upperBound))"
        let expected = "a duration with its unit (ms, s, m, h or d) in quotes, from \(bounds)"
        guard case .string(let text) = value.content else {
            failKind(value, at: key, expected: expected)
            return nil
        }
        guard let duration = DurationText.parse(text) else {
            fail("\(quoted(text)) is not \(expected)", at: key)
            return nil
        }
        guard range.contains(duration) else {
            let size = duration < range.lowerBound ? "short" : "long"
            fail("\(quoted(text)) is too \(size); allowed is \(bounds)", at: key)
            return nil
        }
        return duration
    }

    /// A size such as `64KiB` or `512MiB`, within a range.
    public func byteCount(_ key: String, in range: ClosedRange<ByteCount>) -> ByteCount? {
        guard let value = take(key) else { return nil }
        let bounds = "\(range.lowerBound) to \(range.upperBound)"
        let expected = "a size with its unit (B, KiB, MiB, GiB or TiB) in quotes, from \(bounds)"
        guard case .string(let text) = value.content else {
            failKind(value, at: key, expected: expected)
            return nil
        }
        guard let size = ByteCount(text) else {
            fail("\(quoted(text)) is not \(expected)", at: key)
            return nil
        }
        guard range.contains(size) else {
            let word = size < range.lowerBound ? "small" : "large"
            fail("\(quoted(text)) is too \(word); allowed is \(bounds)", at: key)
            return nil
        }
        return size
    }
}
