import Records

/// Fields whose place is not known beforehand: arrays, what stands behind one, and what stands in a record.
extension CompiledMessage {
    func readMovable(_ field: CompiledField, _ content: Span<UInt8>, into readings: inout Readings) {
        let words = words[Int(field.field)]
        var bounds = 0..<content.count
        if let tag = words.recordTag {
            guard let record = readings.records.first(where: { $0.tag == tag }) else {
                return readings.add(.missing, field: field.field, element: 0)
            }
            bounds = record.bounds
        } else if words.afterField >= 0 {
            let end = readings.arrayEnds[Int(words.afterField)]
            guard end >= 0 else { return readings.add(.missing, field: field.field, element: 0) }
            bounds = min(end, content.count)..<content.count
        }
        let isBehindArray = words.afterField >= 0
        let start = (field.at >= 0 || isBehindArray ? bounds.lowerBound : bounds.upperBound) + Int(field.at)
        let content = content.extracting(0..<bounds.upperBound)
        guard let repetition = words.field.repetition else {
            let isInside = start >= bounds.lowerBound || isBehindArray
            return read(field, content, at: isInside ? start : -1, element: 0, into: &readings)
        }
        let size = max(1, Int(field.size))
        let stride = repetition.stride ?? size
        var count = 0
        if case .fixed(let number) = repetition.count {
            count = number
        } else if let counted = self.count(repetition.count, content, in: bounds, words.countField, readings),
            // A count that goes beyond the frame is noise: none of its elements is believed.
            counted == 0 || start + (counted - 1) * stride + size <= bounds.upperBound
        {
            count = counted
        }
        readings.arrayEnds[Int(field.field)] = start + count * stride
        for element in 0..<count {
            read(field, content, at: start + element * stride, element: Int32(element + 1), into: &readings)
        }
    }

    /// How many elements an array has; nil where nothing says it.
    private func count(
        _ count: Repetition.Count, _ content: Span<UInt8>, in bounds: Range<Int>, _ countField: Int32,
        _ readings: Readings
    ) -> Int? {
        switch count {
        case .fixed(let number): return number
        case .counted(let at, let type, let divisor):
            let size = type.size ?? 1
            let place = at < 0 ? bounds.upperBound + at : bounds.lowerBound + at
            guard place >= 0, place + size <= bounds.upperBound else { return nil }
            return Int(Self.load(content, at: place, size: size, order: type.order)) / divisor
        case .field(_, let divisor, let max): return self.count(countField, divisor, max, readings)
        }
    }

    /// The value of a field that was read before, as a number of elements; nil where it is none.
    func count(_ field: Int32, _ divisor: Int, _ max: Int, _ readings: Readings) -> Int? {
        guard let entry = readings.entries.first(where: { $0.field == field }), entry.state == .number,
            let number = Int(exactly: entry.number), number >= 0
        else { return nil }
        return min(number / divisor, max)
    }
}

/// A record that was found in a frame.
struct RecordPlace: Sendable {
    var tag: Int
    var bounds: Range<Int>
}

extension RecordRule {
    /// The records of a frame, up to the first that is none.
    func find(in content: Span<UInt8>, into places: inout [RecordPlace]) {
        places.removeAll(keepingCapacity: true)
        let end = min(content.count, to > 0 ? to : content.count + to)
        var start = at
        while start < end {
            guard let size = length.value(in: content, from: start, to: end), size > 0, size <= end - start,
                let number = tag.value(in: content, from: start, to: start + size)
            else { return }
            places.append(RecordPlace(tag: number, bounds: start..<start + size))
            start += size
        }
    }
}

extension IntegerPlace {
    /// Nil where it is not within these bytes.
    fileprivate func value(in content: Span<UInt8>, from start: Int, to end: Int) -> Int? {
        let size = type.size ?? 1
        guard start + at + size <= end else { return nil }
        let value = Int(CompiledMessage.load(content, at: start + at, size: size, order: type.order))
        let (product, isTooLarge) = value.multipliedReportingOverflow(by: times)
        return isTooLarge ? nil : product + add
    }
}
