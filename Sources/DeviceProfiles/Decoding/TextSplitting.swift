import Records

/// Divides texts into cells.
enum TextSplitting {
    /// The columns of a line, into `cells`: at most so many as are needed. A separator of a space is any run of them.
    /// False where a quoted column has no end, or text behind its end.
    static func columns(_ text: Span<UInt8>, separator: UInt8, limit: Int, into cells: inout [TextCell]) -> Bool {
        cells.removeAll(keepingCapacity: true)
        let isRun = separator == 0x20
        var index = 0
        let end = text.count
        while cells.count < limit {
            if isRun {
                while index < end, text[unchecked: index] == 0x20 { index += 1 }
                if index == end { return true }
            }
            let start = index
            while index < end, text[unchecked: index] != separator, text[unchecked: index] != 0x22 { index += 1 }
            if index < end, text[unchecked: index] == 0x22 {
                guard let next = quoted(text, from: start, quote: index, separator, into: &cells) else { return false }
                index = next
            } else {
                cells.append(TextCell(start, index))
            }
            if index == end { return true }
            index += 1
            // A separator at the end has an empty column behind it.
            if index == end, !isRun, cells.count < limit { cells.append(TextCell(end, end)) }
            if index == end { return true }
        }
        return true
    }

    /// A column with a quote in it (RFC 4180): in quotes where it begins with one, else the quote is a character.
    /// Returns where it ends.
    private static func quoted(
        _ text: Span<UInt8>, from start: Int, quote: Int, _ separator: UInt8, into cells: inout [TextCell]
    ) -> Int? {
        var index = quote
        let end = text.count
        let isQuoted = (start..<quote).allSatisfy { text[$0] == 0x20 }
        guard isQuoted else {
            while index < end, text[index] != separator { index += 1 }
            cells.append(TextCell(start, index))
            return index
        }
        var kind = TextCell.Kind.plain
        index += 1
        let content = index
        while true {
            while index < end, text[index] != 0x22 { index += 1 }
            guard index < end else { return nil }
            guard index + 1 < end, text[index + 1] == 0x22 else { break }
            kind = .doubledQuotes
            index += 2
        }
        cells.append(TextCell(content, index, kind))
        index += 1
        while index < end, text[index] == 0x20, separator != 0x20 { index += 1 }
        return index == end || text[index] == separator ? index : nil
    }

    /// The values of `name=value` pairs under the wanted keys, into `picks`, and every part, pair or not, into `cells`.
    /// With `keepsOthers`, pairs under other keys go into `others`, and every part must be a pair. Nil where the text
    /// is sound, else what is wrong with it.
    static func pairs(
        _ text: Span<UInt8>, pair: [UInt8], equals: [UInt8], keys: [[UInt8]], keepsOthers: Bool,
        into readings: inout Readings
    ) -> String? {
        let isSeparator = ByteSet(pair)
        let isSign = ByteSet(equals)
        let hasSpaces = isSeparator.contains(0x20)
        readings.cells.removeAll(keepingCapacity: true)
        readings.picks.removeAll(keepingCapacity: true)
        readings.picks.append(contentsOf: repeatElement(.absent, count: keys.count))
        var count = 0
        var index = 0
        let end = text.count
        while true {
            while index < end, isSeparator.contains(text[index]) || DecimalText.isSpace(text[index]) { index += 1 }
            guard index < end else { return count > 0 ? nil : "it has no name=value pair" }
            let start = index
            while index < end, !isSeparator.contains(text[index]), !isSign.contains(text[index]) { index += 1 }
            var nameEnd = index
            while nameEnd > start, DecimalText.isSpace(text[nameEnd - 1]) { nameEnd -= 1 }
            let name = start..<nameEnd
            var sign = index
            while sign < end, DecimalText.isSpace(text[sign]) { sign += 1 }
            guard sign < end, isSign.contains(text[sign]), !keepsOthers || !name.isEmpty else {
                if keepsOthers { return "what stands at place \(count + 1) is no name=value pair" }
                readings.cells.append(TextCell(name.lowerBound, name.upperBound))
                continue
            }
            count += 1
            guard let value = value(text, behind: sign, isSeparator, isSign, hasSpaces: hasSpaces) else {
                return "the quoted value of pair \(count) has no end"
            }
            index = value.next
            readings.cells.append(TextCell(start, index))
            var isWanted = false
            for (place, key) in keys.enumerated() where isEqual(key, text, name) {
                isWanted = true
                if readings.picks[place].kind == .absent { readings.picks[place] = value.cell }
            }
            if keepsOthers, !isWanted {
                readings.keep(text.extracting(value.cell.range), under: string(text.extracting(name)))
            }
        }
    }

    /// The value behind a sign, and where what follows begins. Nil where a quote has no end.
    private static func value(
        _ text: Span<UInt8>, behind sign: Int, _ isSeparator: ByteSet, _ isSign: ByteSet, hasSpaces: Bool
    ) -> (cell: TextCell, next: Int)? {
        let behind = sign + 1
        var start = behind
        let end = text.count
        while start < end, DecimalText.isSpace(text[start]) { start += 1 }
        if start < end, text[start] == 0x22 {
            var index = start + 1
            while index < end, text[index] != 0x22 { index += 1 }
            return index < end ? (TextCell(start + 1, index), index + 1) : nil
        }
        var index = start
        var hasSign = false
        while index < end, !isSeparator.contains(text[index]) {
            hasSign = hasSign || isSign.contains(text[index])
            index += 1
        }
        // In `a= b=2` the value of a is missing, and what stands behind the space is the next pair.
        if hasSpaces, start != behind, hasSign, text[start] | 0x20 >= 0x61 { return (TextCell(behind, behind), behind) }
        return (TextCell(start, index), index)
    }

    static func string(_ text: Span<UInt8>) -> String {
        text.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }

    static func isEqual(_ key: [UInt8], _ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard key.count == range.count else { return false }
        for (offset, byte) in key.enumerated() where text[range.lowerBound + offset] != byte { return false }
        return true
    }
}

/// A set of bytes.
struct ByteSet: Sendable {
    private var low: (UInt64, UInt64) = (0, 0)
    private var high: (UInt64, UInt64) = (0, 0)

    init(_ bytes: [UInt8]) {
        for byte in bytes {
            let bit = UInt64(1) << UInt64(byte & 63)
            switch byte >> 6 {
            case 0: low.0 |= bit
            case 1: low.1 |= bit
            case 2: high.0 |= bit
            default: high.1 |= bit
            }
        }
    }

    @inline(__always) func contains(_ byte: UInt8) -> Bool {
        let word =
            switch byte >> 6 {
            case 0: low.0
            case 1: low.1
            case 2: high.0
            default: high.1
            }
        return word >> UInt64(byte & 63) & 1 == 1
    }
}
