import Records

/// Finds what a message picks of a text.
extension CompiledMessage {
    enum Picking {
        /// `readings.picks` has the places.
        case fits
        /// It has places in this form of the text.
        case converted([UInt8])
        /// The text is of another message.
        case isAnother
        /// The text is of none; why.
        case isNone(String)
    }

    /// Fills `readings.picks`. Columns have been divided already.
    func pick(
        from text: Span<UInt8>, _ rule: TextRule, keepsOthers: Bool, _ readings: inout Readings
    ) -> Picking {
        switch rule {
        case .csv:
            guard matchesColumns(text, readings) else { return .isAnother }
            readings.picks.removeAll(keepingCapacity: true)
            for pick in picks {
                let column = column(of: pick, text, readings)
                let isThere = column >= 0 && column < readings.cells.count
                readings.picks.append(isThere ? readings.cells[column] : .absent)
            }
            return .fits
        case .keyValue(let pair, let equals):
            let problem = TextSplitting.pairs(
                text, pair: pair, equals: equals, keys: keys, keepsOthers: keepsOthers, into: &readings)
            for (index, pick) in picks.enumerated() {
                if case .column(let column) = pick, column < readings.cells.count {
                    readings.picks[index] = readings.cells[column]
                }
            }
            guard matchesKeys(readings) else { return .isAnother }
            return problem.map { .isNone($0) } ?? .fits
        case .json:
            let problem = TextSplitting.members(text, keys: keys, keepsOthers: keepsOthers, into: &readings)
            if let problem { return .isNone(problem) }
            return matchesKeys(readings) ? .fits : .isAnother
        case .pattern: return pickGroups(text, &readings)
        case .characters:
            readings.picks.removeAll(keepingCapacity: true)
            for pick in picks {
                guard case .characters(let at, let size) = pick, at < text.count else {
                    readings.picks.append(.absent)
                    continue
                }
                readings.picks.append(TextCell(at, size.map { min(at + $0, text.count) } ?? text.count))
            }
            return .fits
        }
    }

    /// The column that is picked; -1 where there is none.
    @inline(__always)
    private func column(of pick: TextPlace.Pick, _ text: Span<UInt8>, _ readings: Readings) -> Int {
        switch pick {
        case .column(let column): return column
        case .labelled(let label, let offset):
            let place = readings.cells.firstIndex { Self.isEqual(Self.bytes(of: $0, text), label) }
            return place.map { $0 + offset } ?? -1
        case .key, .characters: return -1
        }
    }

    /// Whether a cell, the spaces at its ends apart, reads so.
    private static func isEqual(_ cell: [UInt8], _ word: String) -> Bool {
        trimmed(cell[...]).elementsEqual(word.utf8)
    }

    private func matchesColumns(_ text: Span<UInt8>, _ readings: Readings) -> Bool {
        for condition in match {
            switch condition {
            case .column(let column, let word):
                guard column < readings.cells.count else { return false }
                if !Self.isEqual(Self.bytes(of: readings.cells[column], text), word) { return false }
            case .columnEnd(let column, let end):
                guard column < readings.cells.count else { return false }
                let cell = Self.bytes(of: readings.cells[column], text)
                if !Self.trimmed(cell[...]).suffix(end.utf8.count).elementsEqual(end.utf8) { return false }
            case .columns(let count): if readings.cells.count != count { return false }
            default: continue
            }
        }
        return true
    }

    private func matchesKeys(_ readings: Readings) -> Bool {
        for case .key(let key) in match {
            guard let index = picks.firstIndex(of: .key(key)), readings.picks[index].kind != .absent else {
                return false
            }
        }
        return true
    }

    private func pickGroups(_ text: Span<UInt8>, _ readings: inout Readings) -> Picking {
        guard let pattern else { return .isAnother }
        let bytes = text.withUnsafeBufferPointer { Array($0) }
        var string = Self.string(bytes[...])
        var found = pattern.regex.wholeMatch(string)
        if found == nil {
            // What pads a line is seen in no data sheet.
            let plain = Self.trimmed(bytes[...])
            guard plain.count < bytes.count else { return .isAnother }
            string = Self.string(plain)
            found = pattern.regex.wholeMatch(string)
        }
        guard let match = found else { return .isAnother }
        readings.picks.removeAll(keepingCapacity: true)
        for pick in picks {
            guard case .key(let name) = pick, let range = match[name]?.range else {
                readings.picks.append(.absent)
                continue
            }
            let start = string.utf8.distance(from: string.startIndex, to: range.lowerBound)
            let end = string.utf8.distance(from: string.startIndex, to: range.upperBound)
            readings.picks.append(TextCell(start, end))
        }
        return .converted(Array(string.utf8))
    }
}
