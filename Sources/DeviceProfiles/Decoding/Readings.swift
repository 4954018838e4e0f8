import Records

/// The values of one frame, in a buffer that is used again for the next: no text is made for a number, and names stay
/// with the decoder that filled it.
public struct Readings: Sendable {
    /// What became of a value.
    enum State: UInt8, Sendable {
        case number, boolean, text
        case missing, implausible, invalid, conditional, unlisted

        @inline(__always) var isValue: Bool { rawValue <= State.text.rawValue }
    }

    /// One value.
    struct Entry: Sendable {
        /// Index of its field in the message.
        var field: Int32
        /// From 1 in an array, 0 for a field that is none.
        var element: Int32
        /// Index of its text.
        var text: Int32 = -1
        var state: State
        /// The number; 1 and 0 for a boolean.
        var number: Double = 0
    }

    /// Values in the order in which they were found.
    var entries: [Entry] = []
    var texts: [String] = []
    /// Readings under names of the telegram's own.
    var others: [Reading] = []
    /// Units that a telegram said, by entry.
    var telegramUnits: [Int32: String] = [:]
    /// Index of the message that the frame was taken for.
    var message = -1
    /// Why the frame was not understood.
    var verdict = DecodedFrame.Verdict.decoded

    // Room for what is found on the way.
    var cells: [TextCell] = []
    var picks: [TextCell] = []
    var path: [UInt8] = []
    var arrayEnds: [Int] = []
    var records: [RecordPlace] = []
    /// Index of the first entry of each field; -1 where it has none.
    var starts: [Int] = []

    /// An empty buffer.
    public init() { entries.reserveCapacity(32) }

    /// Number of values that can be published.
    public var valueCount: Int { entries.count { $0.state.isValue } + others.count }

    mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
        if !texts.isEmpty { texts.removeAll(keepingCapacity: true) }
        if !others.isEmpty { others.removeAll(keepingCapacity: true) }
        if !telegramUnits.isEmpty { telegramUnits.removeAll(keepingCapacity: true) }
        message = -1
        verdict = .decoded
    }

    @inline(__always) mutating func add(number: Double, field: Int32, element: Int32) {
        entries.append(Entry(field: field, element: element, state: .number, number: number))
    }

    @inline(__always) mutating func add(_ state: State, field: Int32, element: Int32) {
        entries.append(Entry(field: field, element: element, state: state))
    }

    mutating func add(boolean: Bool, field: Int32, element: Int32) {
        entries.append(Entry(field: field, element: element, state: .boolean, number: boolean ? 1 : 0))
    }

    mutating func add(text: String, field: Int32, element: Int32) {
        entries.append(Entry(field: field, element: element, text: Int32(texts.count), state: .text))
        texts.append(text)
    }

    /// Adds what no field names, as ``TextType/any`` reads it.
    mutating func keep(_ text: Span<UInt8>, under name: String) {
        if let number = DecimalText.parse(text)?.value {
            // A number that no Double holds is no reading: 1e999 is not infinite.
            if number.isFinite { others.append(Reading(name: name, value: .number(number))) }
        } else if !CompiledMessage.isMissing(text) {
            let trimmed = text.extracting(DecimalText.trimmedRange(of: text))
            others.append(Reading(name: name, value: .text(TextSplitting.string(trimmed))))
        }
    }

    mutating func add(_ value: Reading.Value, field: Int32, element: Int32) {
        switch value {
        case .number(let number): add(number: number, field: field, element: element)
        case .boolean(let flag): add(boolean: flag, field: field, element: element)
        case .text(let text): add(text: text, field: field, element: element)
        }
    }

    /// The value of an entry; nil where it has none.
    func value(_ entry: Entry) -> Reading.Value? {
        switch entry.state {
        case .number: .number(entry.number)
        case .boolean: .boolean(entry.number != 0)
        case .text: .text(texts[Int(entry.text)])
        default: nil
        }
    }

    /// Finds out where each field's entries begin.
    mutating func locate(fieldCount: Int) {
        starts.removeAll(keepingCapacity: true)
        starts.append(contentsOf: repeatElement(-1, count: fieldCount))
        for index in entries.indices.reversed() { starts[Int(entries[index].field)] = index }
    }

    /// The value of a field, or of an element of it where it is an array; nil where it has none. Only after
    /// ``locate(fieldCount:)``.
    func value(ofField field: Int32, element: Int32) -> Reading.Value? {
        guard field >= 0, starts[Int(field)] >= 0 else { return nil }
        let first = starts[Int(field)]
        // The elements of an array stand one behind the other, and a reply may begin with any of them.
        let index = entries[first].element == 0 ? first : first + Int(element - entries[first].element)
        guard entries.indices.contains(index), entries[index].field == field else { return nil }
        return value(entries[index])
    }
}

extension Readings.State {
    var reason: WithheldReading.Reason? {
        switch self {
        case .number, .boolean, .text: nil
        case .missing: .missing
        case .implausible: .implausible
        case .invalid: .invalid
        case .conditional: .conditional
        case .unlisted: .unlisted
        }
    }
}
