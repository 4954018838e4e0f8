import Records

/// What a host sends to a node.
enum SparkplugCommand {
    /// Whether a command's payload asks for the births (Eclipse Sparkplug 3.0, section 6.4.17).
    static func wantsRebirth(_ payload: [UInt8]) -> Bool {
        var fields = ProtobufReader(payload[...])
        while let field = fields.next() {
            guard case (2, .bytes(let metric)) = field else { continue }
            var name = ""
            var isTrue = false
            var parts = ProtobufReader(metric)
            while let part = parts.next() {
                switch part {
                case (1, .bytes(let text)): name = String(decoding: text, as: UTF8.self)
                case (14, .integer(let value)): isTrue = value != 0
                default: break
                }
            }
            if name == "Node Control/Rebirth", isTrue { return true }
        }
        return false
    }

    /// The state of a host: `{"online": true, "timestamp": 1787476445123}` (section 6.4.1); nil where it is none.
    static func hostState(_ payload: [UInt8]) -> (isOnline: Bool, milliseconds: Int64)? {
        var scanner = JSONScanner()
        let text = payload.span
        guard scanner.next(in: text) == .beginObject else { return nil }
        var isOnline: Bool?
        var moment: Double?
        while case .key(let key) = scanner.next(in: text) {
            let name = JSONText.unescape(text.extracting(key))
            switch (name, scanner.next(in: text)) {
            case ("online", .boolean(let value)): isOnline = value
            case ("timestamp", .number(let range)): moment = JSONText.number(text, range)
            case (_, .string), (_, .number), (_, .boolean), (_, .null): break
            default: return nil
            }
        }
        guard let isOnline, let moment, moment.magnitude < 1e15 else { return nil }
        return (isOnline, Int64(moment))
    }
}
