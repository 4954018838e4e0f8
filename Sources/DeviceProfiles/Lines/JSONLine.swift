import Records

/// Lines of JSON, one object each.
enum JSONLine {
    static func decode(_ line: Span<UInt8>) -> LineResult {
        var scanner = JSONScanner()
        switch scanner.next(in: line) {
        case .beginObject: break
        case .invalid(let offset): return .rejected(reason: notJSON(at: offset))
        default: return .rejected(reason: "the line is no JSON object")
        }
        var readings: [Reading] = []
        // The name of what comes next at each depth: a member's name, or an element's index.
        var path = [Step.member("")]
        func add(_ value: Reading.Value) { readings.append(Reading(name: name(path), value: value)) }
        while true {
            var isOver = true
            switch scanner.next(in: line) {
            case .key(let range):
                path[path.count - 1] = .member(JSONText.unescape(line.extracting(range)))
                isOver = false
            case .beginObject:
                path.append(.member(""))
                isOver = false
            case .beginArray:
                path.append(.element(0))
                isOver = false
            case .endObject, .endArray: path.removeLast()
            case .number(let range):
                if let number = Double(text(line.extracting(range))), number.isFinite { add(.number(number)) }
            case .string(let range): add(.text(JSONText.unescape(line.extracting(range))))
            case .boolean(let value): add(.boolean(value))
            case .null: break
            case .end: return .readings(readings)
            case .invalid(let offset): return .rejected(reason: notJSON(at: offset))
            }
            if isOver, case .element(let index)? = path.last { path[path.count - 1] = .element(index + 1) }
        }
    }

    private enum Step {
        case member(String)
        case element(Int)
    }

    private static func name(_ path: [Step]) -> String {
        path.map { step in
            switch step {
            case .member(let name): name
            case .element(let index): String(index)
            }
        }.joined(separator: ".")
    }

    /// The digits of a number.
    private static func text(_ number: Span<UInt8>) -> String {
        number.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }

    private static func notJSON(at offset: Int) -> String { "the line is not JSON at byte \(offset + 1)" }
}
