import Agent
import AdminHTTP
import Records

/// Prints the events of a stream of records, and remembers where it was.
struct TailFollower {
    /// Only records of this device; nil: all.
    private let device: String?
    private let isJSON: Bool
    /// Records that are still to be printed.
    private var left: Int
    /// The id of the last event.
    private(set) var last: String?
    /// Whether anything has come.
    private(set) var hasBegun = false
    /// Why the agent has ended the stream; nil where it did not say.
    private(set) var reason: String?
    private let output: (String) -> Bool

    /// - Parameter output: takes each line; false when nobody reads them any more.
    init(
        device: String?, isJSON: Bool, left: Int,
        output: @escaping (String) -> Bool = { writeAll(($0 + "\n").utf8, to: 1) }
    ) {
        self.device = device
        self.isJSON = isJSON
        self.left = left
        self.output = output
    }

    /// Whether all that was asked for is printed, or nobody reads it.
    var isDone: Bool { left == 0 }

    /// Takes an event; false when it was the last that is wanted.
    mutating func take(_ event: AdminClient.Event) -> Bool {
        hasBegun = true
        if let id = event.id { last = id }
        switch event.name {
        case "record": print(event.json)
        case "lost": tell(event.json)
        case "end": reason = JSONTree(event.json)?["reason"]?.string
        // What a later agent may tell besides.
        default: break
        }
        return !isDone
    }

    private mutating func print(_ json: [UInt8]) {
        let record = isJSON && device == nil ? nil : JSONTree(json)
        if let device, record?["device"]?.string != device { return }
        let isRead = output(isJSON ? String(decoding: json, as: UTF8.self) : record.map(TailLine.text) ?? "")
        left = isRead ? left - 1 : 0
    }

    private func tell(_ json: [UInt8]) {
        guard let loss = JSONTree(json) else { return }
        let range = "\(loss["epoch"]?.string ?? "")/\(loss["first"]?.integer ?? 0)-\(loss["last"]?.integer ?? 0)"
        printError("millrace: \(range) is gone (\(loss["reason"]?.string ?? ""))")
    }
}

/// One record as a line for people: when, where, what.
enum TailLine {
    /// Characters of a payload that are shown.
    private static let payloadMax = 400

    static func text(_ record: JSONTree) -> String {
        let time = record["time"]?.string ?? ""
        let payload: String
        if let text = record["text"]?.string {
            payload = String(text.prefix(payloadMax)).shown()
        } else if let bytes = record["data_base64"]?.string {
            payload = "base64 " + bytes.prefix(payloadMax)
        } else {
            payload = record["data"].map(compact).map { String($0.prefix(payloadMax)).shown() } ?? ""
        }
        return "\(time)  \((record["topic"]?.string ?? "").shown())  \(payload)"
    }

    /// JSON in one line; members in the order of their names.
    private static func compact(_ tree: JSONTree) -> String {
        var writer = JSONWriter()
        write(tree, to: &writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func write(_ tree: JSONTree, to writer: inout JSONWriter) {
        switch tree {
        case .object(let members):
            writer.beginObject()
            for (name, value) in members.sorted(by: { $0.key < $1.key }) {
                writer.key(name)
                write(value, to: &writer)
            }
            writer.endObject()
        case .array(let elements):
            writer.beginArray()
            for element in elements { write(element, to: &writer) }
            writer.endArray()
        case .string(let text): writer.string(text)
        case .number(let number): writer.number(number)
        case .boolean(let flag): writer.boolean(flag)
        case .null: writer.null()
        }
    }
}
