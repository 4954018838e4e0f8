extension SenMLWriter {
    /// Sets the unit and the content of a value that was found in a payload.
    ///
    /// - Parameter bytes: what SenML has as bytes in that payload.
    mutating func set(_ value: PayloadValues.Value, bytes: [[UInt8]], from payload: ArraySlice<UInt8>) {
        // A range of a string is what is between its quotes, which are in the payload.
        func slice(_ range: Range<Int>, quotes: Int = 0) -> ArraySlice<UInt8> {
            payload[payload.startIndex + range.lowerBound - quotes..<payload.startIndex + range.upperBound + quotes]
        }
        if let unit = value.unit { set(.unit, jsonString: slice(unit, quotes: 1)) }
        switch value.content {
        case .number(let range): set(.value, jsonNumber: slice(range))
        case .sum(let number): set(.value, number: number)
        case .string(let range): set(.stringValue, jsonString: slice(range, quotes: 1))
        case .literal(let range): set(.stringValue, text: slice(range))
        case .boolean(let boolean): set(.booleanValue, boolean: boolean)
        case .bytes(let index): set(.dataValue, bytes: bytes[index][...])
        }
    }
}
