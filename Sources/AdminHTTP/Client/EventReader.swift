/// Cuts a stream of bytes into server-sent events (WHATWG HTML, 9.2.6). Pure.
struct EventReader {
    private var rest: [UInt8] = []
    private var event = AdminClient.Event()

    /// Takes what has come, and gives the events that are whole.
    mutating func take(_ bytes: [UInt8]) -> [AdminClient.Event] {
        rest += bytes
        var events: [AdminClient.Event] = []
        var start = 0
        while let end = rest[start...].firstIndex(of: 0x0A) {
            if let whole = take(line: rest[start..<end]) { events.append(whole) }
            start = end + 1
        }
        rest.removeFirst(start)
        return events
    }

    private mutating func take(line: ArraySlice<UInt8>) -> AdminClient.Event? {
        guard !line.isEmpty else {
            defer { event = AdminClient.Event() }
            return event.json.isEmpty ? nil : event
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else { return nil }
        var value = line[(colon + 1)...]
        if value.first == 0x20 { value.removeFirst() }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "event": event.name = String(decoding: value, as: UTF8.self)
        case "id": event.id = String(decoding: value, as: UTF8.self)
        case "data": event.json = Array(value)
        default: break
        }
        return nil
    }
}
