import Records

/// The values of a record, as far as they are needed to see a change: numbers as they are, everything else as a hash
/// that no other process shares.
struct ComparedValues: Hashable, Sendable {
    /// Of all names, and of the values that are no numbers.
    fileprivate(set) var hash = 0
    /// In the order of the payload, up to ``ValueComparison/numbersMax``; further ones are in the hash.
    fileprivate(set) var numbers: [Double] = []

    /// Whether nothing has changed, when numbers may differ by so much.
    func isSame(as other: ComparedValues, deadband: Double) -> Bool {
        guard hash == other.hash, numbers.count == other.numbers.count else { return false }
        return zip(numbers, other.numbers).allSatisfy { $0 == $1 || abs($0 - $1) <= deadband }
    }
}

/// Finds the values of a record that count when changes are looked for: those of JSON and of SenML, whose times count
/// for nothing; of any other payload all bytes.
struct ValueComparison: Sendable {
    /// Numbers that are kept for a topic: more are no reading, but a table.
    static let numbersMax = 32

    private var values = PayloadValues()
    private var forms = PayloadForms()

    /// What is compared of a record.
    ///
    /// - Parameter ignored: names of values that count for nothing: the whole name, such as `status/uptime`, or what
    ///   follows a SenML pack's base name.
    mutating func values(of record: Record, ignoring ignored: [String]) -> ComparedValues {
        let properties = record.properties
        values.read(
            record.payload, media: forms.mediaType(of: properties), contentType: properties?.contentType,
            receivedMilliseconds: record.time.wallMilliseconds)
        var result = ComparedValues()
        var hasher = Hasher()
        if case .none = values.kind {
            record.payload.withUnsafeBytes { hasher.combine(bytes: $0) }
        } else {
            for value in values.values where !isIgnored(value, ignored) {
                hasher.combine(value.name.count)
                values.names[value.name].withUnsafeBytes { hasher.combine(bytes: $0) }
                add(value.content, record.payload, &hasher, to: &result)
            }
        }
        result.hash = hasher.finalize()
        return result
    }

    private func isIgnored(_ value: PayloadValues.Value, _ ignored: [String]) -> Bool {
        ignored.contains { name in
            values.names[value.name].elementsEqual(name.utf8) || values.names[value.ownName].elementsEqual(name.utf8)
        }
    }

    private func add(
        _ content: PayloadValues.Content, _ payload: ArraySlice<UInt8>, _ hasher: inout Hasher,
        to result: inout ComparedValues
    ) {
        func combine(_ range: Range<Int>) {
            let start = payload.startIndex
            payload[start + range.lowerBound..<start + range.upperBound].withUnsafeBytes { hasher.combine(bytes: $0) }
        }
        func combine(_ number: Double) {
            guard result.numbers.count < Self.numbersMax else { return hasher.combine(number) }
            hasher.combine(UInt8(0))
            result.numbers.append(number)
        }
        switch content {
        case .number(let range): combine(JSONText.number(payload.span, range))
        case .sum(let number): combine(number)
        case .string(let range), .literal(let range):
            hasher.combine(range.count)
            combine(range)
        case .boolean(let boolean): hasher.combine(boolean)
        case .bytes(let index): hasher.combine(values.bytes[index])
        }
    }
}
