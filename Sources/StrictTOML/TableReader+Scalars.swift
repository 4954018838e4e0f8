/// Values of which a profile may give several kinds, and tables whose keys are names.
extension TableReader {
    /// A value that is no array, no table and no date.
    public enum Scalar: Hashable, Sendable {
        case string(String)
        case integer(Int)
        case number(Double)
        case boolean(Bool)
    }

    /// A value under a key that is a name of its own, such as `temperature` in `expect = { temperature = 21.5 }`.
    public struct NamedScalar: Hashable, Sendable {
        /// The key.
        public let name: String
        /// Its value.
        public let value: Scalar
    }

    /// The keys of the table, in the order of the file.
    public var keys: [String] { entries.map(\.key) }

    /// An integer within a range, or an array of at least one.
    public func integers(_ key: String, in range: ClosedRange<Int>) -> [Int]? {
        let expected = "an integer from \(range.lowerBound) to \(range.upperBound), or an array of them"
        return oneOrMore(key, expected: expected) { content in
            guard case .integer(let number) = content, range.contains(number) else { return nil }
            return number
        }
    }

    /// An array of as many integers as there are ranges, each within its own.
    public func integers(_ key: String, each ranges: [ClosedRange<Int>], example: String) -> [Int]? {
        guard let value = take(key) else { return nil }
        let expected = "an array of \(ranges.count) integers, such as \(example)"
        guard case .array(let elements) = value.content, elements.count == ranges.count else {
            failKind(value, at: key, expected: expected)
            return nil
        }
        var numbers: [Int] = []
        for (index, element) in elements.enumerated() {
            guard case .integer(let number) = element.content, ranges[index].contains(number) else {
                let range = ranges[index]
                failKind(
                    element, at: key, element: index,
                    expected: "an integer from \(range.lowerBound) to \(range.upperBound)")
                return nil
            }
            numbers.append(number)
        }
        return numbers
    }

    /// Two numbers, the lower one first.
    public func numberRange(_ key: String) -> ClosedRange<Double>? {
        guard let value = take(key) else { return nil }
        guard case .array(let elements) = value.content, elements.count == 2,
            let low = elements[0].content.number, let high = elements[1].content.number, low <= high
        else {
            failKind(value, at: key, expected: "an array of the lowest and the highest number, such as [-40, 125]")
            return nil
        }
        return low...high
    }

    /// A number, or an array of at most so many.
    public func numbers(_ key: String, atMost count: Int, example: String) -> [Double]? {
        guard let value = take(key) else { return nil }
        if let number = value.content.number { return [number] }
        guard case .array(let elements) = value.content, (1...count).contains(elements.count),
            case let numbers = elements.compactMap(\.content.number), numbers.count == elements.count
        else {
            failKind(value, at: key, expected: "a number, or an array of at most \(count), such as \(example)")
            return nil
        }
        return numbers
    }

    /// A string, a number or a boolean, or an array of at least one.
    public func scalars(_ key: String) -> [Scalar]? {
        oneOrMore(key, expected: "a text, a number, a boolean, or an array of them") { $0.scalar }
    }

    /// A string, a number or a boolean.
    public func scalar(_ key: String) -> Scalar? {
        guard let value = take(key) else { return nil }
        guard let scalar = value.content.scalar else {
            failKind(value, at: key, expected: "a text, a number, true or false")
            return nil
        }
        return scalar
    }

    /// A table of names with values, in the order of the file.
    public func namedScalars(_ key: String, example: String) -> [NamedScalar]? {
        guard let value = take(key) else { return nil }
        guard case .table(let entries) = value.content else {
            failKind(value, at: key, expected: "a table such as \(example)")
            return nil
        }
        let table = reader(value, key: key, pattern: key)
        return entries.compactMap { entry in
            guard let scalar = entry.value.content.scalar else {
                table.failKind(entry.value, at: entry.key, expected: "a text, a number, true or false")
                return nil
            }
            return NamedScalar(name: entry.key, value: scalar)
        }
    }

    private func oneOrMore<Element>(
        _ key: String, expected: String, _ convert: (TOMLValue.Content) -> Element?
    ) -> [Element]? {
        guard let value = take(key) else { return nil }
        guard case .array(let elements) = value.content else {
            if let one = convert(value.content) { return [one] }
            failKind(value, at: key, expected: expected)
            return nil
        }
        guard !elements.isEmpty else {
            fail("must not be empty", at: key)
            return nil
        }
        return elements.enumerated().compactMap { index, element in
            if let result = convert(element.content) { return result }
            failKind(element, at: key, element: index, expected: expected)
            return nil
        }
    }
}

extension TableReader.Scalar: CustomStringConvertible {
    /// As it would be written, a string without its quotes.
    public var description: String {
        switch self {
        case .string(let text): text
        case .integer(let number): String(number)
        case .number(let number): String(number)
        case .boolean(let flag): String(flag)
        }
    }
}

extension TOMLValue.Content {
    fileprivate var number: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .float(let number) where number.isFinite: number
        default: nil
        }
    }

    fileprivate var scalar: TableReader.Scalar? {
        switch self {
        case .string(let text): .string(text)
        case .integer(let number): .integer(number)
        case .float(let number) where number.isFinite: .number(number)
        case .boolean(let flag): .boolean(flag)
        default: nil
        }
    }
}
