import Records

extension TextSplitting {
    /// The leaves of an object under the wanted keys, into `picks`. Nil where it is one, else what is wrong with it.
    static func members(_ text: Span<UInt8>, keys: [[UInt8]], into readings: inout Readings) -> String? {
        readings.picks.removeAll(keepingCapacity: true)
        readings.picks.append(contentsOf: repeatElement(.absent, count: keys.count))
        readings.path.removeAll(keepingCapacity: true)
        var scanner = JSONScanner()
        switch scanner.next(in: text) {
        case .beginObject: break
        case .invalid(let at): return "the text is not JSON at byte \(at + 1)"
        default: return "the text is no JSON object"
        }
        // For each open object or array: length of the path in front of its members, and the index of an array.
        var levels: [(base: Int, index: Int?)] = [(0, nil)]
        while true {
            let token = scanner.next(in: text)
            switch token {
            case .key(let range):
                setName(levels[levels.count - 1].base, &readings.path)
                append(text.extracting(range), to: &readings.path)
                continue
            case .end: return nil
            case .invalid(let at): return "the text is not JSON at byte \(at + 1)"
            case .endObject, .endArray: levels.removeLast()
            default:
                if let index = levels[levels.count - 1].index {
                    setName(levels[levels.count - 1].base, &readings.path)
                    readings.path.append(contentsOf: String(index).utf8)
                    levels[levels.count - 1].index = index + 1
                }
                switch token {
                case .beginObject: levels.append((readings.path.count, nil))
                case .beginArray: levels.append((readings.path.count, 0))
                case .number(let range): set(TextCell(range.lowerBound, range.upperBound), keys, &readings)
                case .string(let range):
                    let isEscaped = range.contains { text[$0] == 0x5C }
                    set(TextCell(range.lowerBound, range.upperBound, isEscaped ? .escaped : .plain), keys, &readings)
                case .boolean(let flag): set(TextCell(0, 0, flag ? .yes : .no), keys, &readings)
                default: break
                }
            }
        }
    }

    private static func setName(_ base: Int, _ path: inout [UInt8]) {
        path.removeLast(path.count - base)
        if base > 0 { path.append(0x2E) }
    }

    private static func append(_ name: Span<UInt8>, to path: inout [UInt8]) {
        var isEscaped = false
        for index in 0..<name.count where name[index] == 0x5C { isEscaped = true }
        if isEscaped {
            path.append(contentsOf: JSONText.unescape(name).utf8)
        } else {
            for index in 0..<name.count { path.append(name[index]) }
        }
    }

    private static func set(_ cell: TextCell, _ keys: [[UInt8]], _ readings: inout Readings) {
        for (place, key) in keys.enumerated() where key == readings.path { readings.picks[place] = cell }
    }
}
