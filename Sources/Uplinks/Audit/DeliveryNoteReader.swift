import Compression
import MQTTTransport
import Records

/// Reads at the centre what an audit wants to know of the events in a message, in every format that carries identity:
/// `raw`, `cloudevents`, `json`, `senml`, `senml-cbor`, `influx` and, over MQTT 5, `sparkplug-b`, compressed or not.
public struct DeliveryNoteReader {
    /// Decompresses; the text of a message is looked at here.
    private let bodies: DeliveredEventReader
    private var known: NoteMembers.KnownLog?

    /// A reader that has read nothing yet.
    ///
    /// - Parameter dictionaries: those that messages may have been compressed with.
    public init(dictionaries: [ZstandardDictionary] = [.builtIn]) {
        bodies = DeliveredEventReader(dictionaries: dictionaries)
    }

    /// A note of each event of a message, in order.
    ///
    /// - Throws: ``UplinkError`` where the message is damaged or carries no identity.
    public mutating func notes(in message: MQTTMessage) throws(UplinkError) -> [DeliveryNote] {
        if let properties = message.properties, properties.userProperties.contains(where: { $0.name == "id" }) {
            return [try note(binary: message, properties)]
        }
        let content = try bodies.content(of: message)
        let type = message.properties?.contentType ?? ""
        let notes: [DeliveryNote]
        do {
            switch content.first {
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                notes = try self.notes(json: content, isPack: type.isEmpty ? nil : type.contains("senml"))
            case let byte? where byte >= 0x80: notes = try self.notes(cbor: content)
            case let byte? where byte > 0x20: notes = self.notes(lines: content)
            default: notes = []
            }
        } catch {
            throw UplinkError(.delivery, "the message on '\(message.topic)' is damaged")
        }
        guard !notes.isEmpty else {
            throw UplinkError(.delivery, "the message on '\(message.topic)' carries no identity")
        }
        return notes
    }

    // MARK: One event in properties

    private mutating func note(
        binary message: MQTTMessage, _ properties: MQTTProperties
    ) throws(UplinkError) -> DeliveryNote {
        var members = NoteMembers()
        for property in properties.userProperties { members.set(property.name.utf8, to: Array(property.value.utf8)) }
        if members.id?.last(where: { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "/") }) == UInt8(ascii: "-") {
            // Only the data says why records are lost; without it they are lost all the same.
            var data = JSONSkimmer(message.payload)
            try? data.forEachMember { try Self.take(&$0, $1, into: &members) }
        }
        guard let note = members.note(&known) else {
            throw UplinkError(.delivery, "the message on '\(message.topic)' carries no identity")
        }
        return note
    }

    // MARK: JSON

    /// Events of an array, or one alone.
    ///
    /// - Parameter isPack: whether it is SenML; nil where nobody has said.
    private mutating func notes(json content: ArraySlice<UInt8>, isPack: Bool?) throws -> [DeliveryNote] {
        var notes: [DeliveryNote] = []
        var before = NoteMembers()
        var isPack = isPack
        func read(_ scanner: inout JSONSkimmer) throws {
            var members = NoteMembers()
            try scanner.forEachMember { scanner, name in
                if isPack == nil { isPack = name.elementsEqual("bn".utf8) || name.elementsEqual("bt".utf8) }
                try Self.take(&scanner, name, into: &members)
            }
            if isPack == true {
                members.inherit(from: before)
                before = members
            }
            if let note = members.note(&known) { notes.append(note) }
        }
        var scanner = JSONSkimmer(content)
        if content.first == UInt8(ascii: "{") { try read(&scanner) } else { try scanner.forEachElement(read) }
        guard scanner.isAtEnd() else { throw JSONSkimmer.Malformed(offset: scanner.offset) }
        return notes
    }

    /// Takes a member, and of word of a loss those of the object that says more.
    private static func take(
        _ scanner: inout JSONSkimmer, _ name: ArraySlice<UInt8>, into members: inout NoteMembers
    ) throws {
        let value = try scanner.value()
        switch value.first {
        case UInt8(ascii: "\""):
            members.set(name, to: Array(value.dropFirst().dropLast()))
        case UInt8(ascii: "{") where name.elementsEqual("lost".utf8) || name.elementsEqual("data".utf8):
            // The data of a record has no first and last beside an identity that says so.
            var inner = JSONSkimmer(value)
            var loss = NoteMembers()
            try inner.forEachMember { scanner, name in
                let value = try scanner.value()
                let text = value.first == UInt8(ascii: "\"") ? value.dropFirst().dropLast() : value
                loss.set(name, to: Array(text))
            }
            members.first = loss.first ?? members.first
            members.last = loss.last ?? members.last
            members.reason = loss.reason ?? members.reason
        case UInt8(ascii: "{"), UInt8(ascii: "["): break
        default: members.set(name, to: Array(value))
        }
    }

    // MARK: CBOR

    private mutating func notes(cbor content: ArraySlice<UInt8>) throws -> [DeliveryNote] {
        var notes: [DeliveryNote] = []
        var before = NoteMembers()
        var scanner = CBORSkimmer(content)
        try scanner.forEachMap { entries in
            var members = NoteMembers()
            for (name, value) in entries { members.set(name, to: value) }
            members.inherit(from: before)
            before = members
            if let note = members.note(&known) { notes.append(note) }
        }
        return notes
    }

    // MARK: Line protocol

    /// A record whose values have several times has several lines: it counts once.
    private mutating func notes(lines content: ArraySlice<UInt8>) -> [DeliveryNote] {
        var notes: [DeliveryNote] = []
        for line in content.split(separator: UInt8(ascii: "\n")) {
            let parsed = LineSkimmer(line)
            var members = NoteMembers()
            for (name, value) in parsed.members { members.set(name, to: value) }
            // These are values of the payload, if they are there.
            (members.id, members.time, members.baseSeconds) = (nil, nil, nil)
            members.seconds = parsed.seconds
            guard let note = members.note(&known), notes.last?.identity != note.identity else { continue }
            notes.append(note)
        }
        return notes
    }
}
