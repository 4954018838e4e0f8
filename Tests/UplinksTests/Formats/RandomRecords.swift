import Records

/// Records with whatever a payload may hold: from a seed, so that a failure can be repeated.
struct RandomRecords {
    /// A record, and what a reader that is not ours may expect of it.
    struct Made {
        let record: Record
        /// Whether it is a JSON object whose values can be compared one by one.
        let isPlain: Bool
    }

    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func next(_ sequence: UInt64) -> Made {
        var properties: RecordProperties?
        var isPlain = false
        var payload: [UInt8]
        switch Int.random(in: 0..<10, using: &random) {
        case 0...2:
            isPlain = true
            payload = Array(plainObject().utf8)
        case 3: payload = Array(document(depth: 0).utf8)
        case 4: payload = mutated(Array(document(depth: 0).utf8))
        case 5:
            payload = Array(pack().utf8)
            properties = RecordProperties(contentType: "application/senml+json", device: pick([nil, "bus 1/7", "m"]))
        case 6:
            payload = mutated(Array(pack().utf8))
            properties = pick([nil, RecordProperties(contentType: "application/senml+json")])
        case 7:
            let count = pick([0, 1, 3, 100, 5000])
            payload = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            properties = pick([nil, RecordProperties(contentType: "application/octet-stream")])
        case 8:
            payload = Array(pick(Self.texts).utf8)
            properties = pick([nil, RecordProperties(contentType: "text/plain"), RecordProperties(isPayloadUTF8: true)])
        default: payload = Array(pick(Self.oddities).utf8)
        }
        let quality: RecordTime.Quality = isPlain ? .synchronised : pick([.synchronised, .corrected, .unsynchronised])
        let wall = Sample.milliseconds + Int64.random(in: 0...5000, using: &random)
        let time = RecordTime(
            wallMilliseconds: quality == .unsynchronised ? pick([wall, 5000, -1, .max, .min]) : wall, quality: quality,
            boot: Sample.boot, bootMilliseconds: 4000)
        let record = Sample.record(
            sequence, topic: pick(Self.topics), payload: payload, time: time,
            isRetained: Bool.random(using: &random), properties: properties)
        return Made(record: record, isPlain: isPlain)
    }

    // MARK: Payloads

    private mutating func plainObject() -> String {
        let names = ["temperature", "humidity", "n", "state", "is-on", "a.b"].shuffled(using: &random)
        let members = names.prefix(Int.random(in: 1...6, using: &random)).map { name in
            "\"\(name)\":\(pick(["21.5", "-0.25", "7", "1e3", "0.1", "true", "false", "\"ok\"", "\"a \\\"b\\\\\""]))"
        }
        return "{\(members.joined(separator: ", "))}"
    }

    private mutating func document(depth: Int) -> String {
        switch Int.random(in: 0..<(depth > 4 ? 6 : 10), using: &random) {
        case 0...2: return pick(Self.numbers)
        case 3: return pick(["true", "false", "null"])
        case 4, 5: return "\"\(pick(Self.escapedTexts))\""
        case 6, 7:
            let members = (0..<Int.random(in: 0...5, using: &random)).map { _ in
                "\"\(pick(Self.escapedTexts))\":\(document(depth: depth + 1))"
            }
            return "{\(members.joined(separator: ","))}"
        default:
            let elements = (0..<Int.random(in: 0...5, using: &random)).map { _ in document(depth: depth + 1) }
            return "[\(elements.joined(separator: " , "))]"
        }
    }

    private mutating func pack() -> String {
        let records = (0..<Int.random(in: 1...6, using: &random)).map { _ in
            var fields: [String] = []
            if pick([true, false, false]) { fields.append("\"bn\":\"\(pick(["", "urn:dev:x:", "plant7-gw2/m/"]))\"") }
            if pick([true, false, false]) { fields.append("\"bt\":\(pick(["0", "-5", "1787476445.25", "1e9"]))") }
            if pick([true, false, false, false]) { fields.append("\"bv\":\(pick(["1", "0.5", "1e308"]))") }
            if pick([true, true, false]) { fields.append("\"n\":\"\(pick(["a", "b/c", "x y", "\\u00b0", ""]))\"") }
            if pick([true, false]) { fields.append("\"u\":\"\(pick(["Cel", "%RH", "\\u0022"]))\"") }
            if pick([true, false]) { fields.append("\"t\":\(pick(["0", "-0.001", "12.5", "300000000"]))") }
            fields.append(
                pick(["\"v\":21.5", "\"v\":-7", "\"vs\":\"x\\n\"", "\"vb\":true", "\"vd\":\"AQI\"", "\"v\":1"]))
            return "{\(fields.joined(separator: ","))}"
        }
        return "[\(records.joined(separator: ","))]"
    }

    private mutating func mutated(_ text: [UInt8]) -> [UInt8] {
        var text = text
        for _ in 0..<Int.random(in: 1...3, using: &random) where !text.isEmpty {
            let place = text.indices.randomElement(using: &random)!
            switch Int.random(in: 0..<4, using: &random) {
            case 0: text[place] = UInt8.random(in: 0...255, using: &random)
            case 1: text.remove(at: place)
            case 2: text.insert(contentsOf: pick(Self.oddities).utf8.prefix(200), at: place)
            default: text.removeSubrange(place...)
            }
        }
        return text
    }

    private mutating func pick<Element>(_ elements: [Element]) -> Element { elements.randomElement(using: &random)! }

    private static let numbers = [
        "0", "-0", "-0.0", "1", "21.5", "1E5", "1e-7", "123456789012345678901234567890", "0.1234567890123456789",
        "1e400",
        "-1e400", "1e-400", "9007199254740993", String(repeating: "9", count: 320),
    ]
    private static let escapedTexts = [
        "", "a", "temperature", "\\\"", "\\\\", "a\\u0000b", "\\ud83d\\ude00", "\\ud800", "é", "line\\nend", "a b,c=d",
        "_x", "time", "sequence", "x/y", "#",
    ]
    private static let texts = ["warm", "a\nb", "\"", "\\", "a\u{0}b", "😀", " ", ",=", "\t", "\r\n"]
    private static let topics = ["hall3/t1", "t", "h\u{e4}lle 3/t1", "a,b=c \\", "", "/", "_t", "$x", "\u{1}", "😀"]
    private static let oddities = [
        "{}", "[]", "null", "\"\"", "[[]]", "{\"a\":null}", "{", "\u{FEFF}1", "[1,2", "NaN", "Infinity", "01", "1 2",
        String(repeating: "[", count: 70) + String(repeating: "]", count: 70),
        "[" + String(repeating: "1,", count: 400) + "1]",
        "{\"\(String(repeating: "k", count: 900))\":[" + String(repeating: "1,", count: 200) + "1]}",
        "\"\\ud800\"", "{\"a\\udc00\":1}", "{\"a\":1,\"a\":2}", "[{\"n\":\"a\",\"v\":1}]",
    ]
}
