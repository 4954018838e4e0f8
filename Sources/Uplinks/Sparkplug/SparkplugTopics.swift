import Records

/// The names of Sparkplug's namespace (Eclipse Sparkplug 3.0, section 4.1).
struct SparkplugTopics: Sendable {
    /// The kinds of message that are sent or heard.
    enum Kind: String { case NBIRTH, NDEATH, NDATA, NCMD, DBIRTH, DDEATH, DDATA }

    let group: String
    let node: String
    let primaryHost: String?

    func topic(_ kind: Kind) -> String { "spBv1.0/\(group)/\(kind.rawValue)/\(node)" }
    func topic(_ kind: Kind, device: String) -> String { topic(kind) + "/" + device }

    /// Where the primary host says whether it is there.
    var state: String? { primaryHost.map { "spBv1.0/STATE/\($0)" } }

    /// The device that a record is of: that of a serial reading, else its topic, as one level of a topic.
    static func device(of record: Record) -> String {
        let device = record.properties?.device ?? ""
        let name = device.isEmpty ? record.topic : device
        guard !name.isEmpty else { return TopicTemplate.unknownDevice }
        return String(decoding: name.utf8.map { isUnfit($0) ? UInt8(ascii: "_") : $0 }, as: UTF8.self)
    }

    /// Whether a group, a node or a host can have this name.
    static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 256 && !text.utf8.contains(where: isUnfit)
    }

    private static func isUnfit(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "#") || byte < 0x20
    }
}
