import Records

extension TextSplitting {
    /// The leaves of an object under the wanted keys, into `picks`; with `keepsOthers`, those under other keys go into
    /// `others`. Nil where it is an object, else what is wrong with it.
    static func members(
        _ text: Span<UInt8>, keys: [[UInt8]], keepsOthers: Bool, into readings: inout Readings
    ) -> String? {
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
                default:
                    if !pick(token, text, keys, &readings), keepsOthers { keep(token, text, &readings) }
                }
            }
        }
    }

    /// Whether a leaf is wanted; its place is taken where it is the first under its key.
    private static func pick(
        _ leaf: JSONToken, _ text: Span<UInt8>, _ keys: [[UInt8]], _ readings: inout Readings
    ) -> Bool {
        var isWanted = false
        for (place, key) in keys.enumerated() where key == readings.path {
            isWanted = true
            guard readings.picks[place].kind == .absent else { continue }
            switch leaf {
            case .number(let range): readings.picks[place] = TextCell(range.lowerBound, range.upperBound)
            case .string(let range):
                let isEscaped = range.contains { text[$0] == 0x5C }
                readings.picks[place] = TextCell(range.lowerBound, range.upperBound, isEscaped ? .escaped : .plain)
            case .boolean(let flag): readings.picks[place] = TextCell(0, 0, flag ? .yes : .no)
            default: break
            }
        }
        return isWanted
    }

    /// Keeps a leaf that no field names. JSON says itself what is a number and what a text.
    private static func keep(_ leaf: JSONToken, _ text: Span<UInt8>, _ readings: inout Readings) {
        switch leaf {
        case .number(let range):
            guard let number = DecimalText.parse(text.extracting(range))?.value, number.isFinite else { return }
            readings.others.append(Reading(name: string(readings.path.span), value: .number(number)))
        case .string(let range):
            let value = Reading.Value.text(JSONText.unescape(text.extracting(range)))
            readings.others.append(Reading(name: string(readings.path.span), value: value))
        case .boolean(let flag):
            readings.others.append(Reading(name: string(readings.path.span), value: .boolean(flag)))
        default: break
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
}
