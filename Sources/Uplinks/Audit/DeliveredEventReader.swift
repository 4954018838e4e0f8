import Compression
import MQTTTransport
import Records

/// Reads at the centre what ``MQTTUplink`` sent, in either format, compressed or not: for the demonstration, the
/// audits, the benchmarks and the tests.
public struct DeliveredEventReader {
    /// Bytes of one message after decompression: the largest record as Base64, with room.
    private static let messageSizeMax = 8 << 20

    private let decompressor = ZstandardDecompressor()
    private let dictionaries: [ZstandardDictionary]
    /// The last identity with its text up to the sequence number: mostly the next one differs only in that number.
    private var known: (prefix: ArraySlice<UInt8>, identity: RecordIdentity)?

    /// A reader that has read nothing yet.
    ///
    /// - Parameter dictionaries: those that messages may have been compressed with.
    public init(dictionaries: [ZstandardDictionary] = [.builtIn]) { self.dictionaries = dictionaries }

    /// Every event of one message, whole.
    ///
    /// - Throws: ``UplinkError`` where the message is damaged or carries no identity.
    public mutating func events(in message: MQTTMessage) throws(UplinkError) -> [DeliveredEvent] {
        var events: [DeliveredEvent] = []
        guard isBatch(message) else { return [try Self.event(binary: message)] }
        try scan(try content(of: message), topic: message.topic) { scanner in
            var attributes = EventAttributes()
            try scanner.forEachMember { scanner, name in try attributes.read(&scanner, name: name) }
            events.append(try attributes.event())
        }
        return events
    }

    /// What the events of one message speak of, in order; nothing else is read, so that a consumer keeps up with
    /// hundreds of thousands of events per second.
    ///
    /// - Throws: ``UplinkError`` where the message is damaged or carries no identity.
    public mutating func forEachIdentity(
        in message: MQTTMessage, _ body: (DeliveredIdentity) -> Void
    ) throws(UplinkError) {
        guard isBatch(message) else {
            guard let id = message.properties?.userProperties.first(where: { $0.name == "id" })?.value,
                let identity = identity(Array(id.utf8)[...])
            else { throw UplinkError(.delivery, "the message on '\(message.topic)' carries no identity") }
            return body(identity)
        }
        var known = known
        try scan(try content(of: message), topic: message.topic) { scanner in
            var found: DeliveredIdentity?
            try scanner.forEachMember { scanner, name in
                let value = try scanner.value()
                guard name.elementsEqual("id".utf8) else { return }
                found = Self.identity(value.dropFirst().dropLast(), known: &known)
            }
            guard let found else { throw JSONSkimmer.Malformed(offset: scanner.offset) }
            body(found)
        }
        self.known = known
    }

    private mutating func identity(_ text: ArraySlice<UInt8>) -> DeliveredIdentity? {
        Self.identity(text, known: &known)
    }

    /// Parses an identity; the names in it only where they differ from the last.
    private static func identity(
        _ text: ArraySlice<UInt8>, known: inout (prefix: ArraySlice<UInt8>, identity: RecordIdentity)?
    ) -> DeliveredIdentity? {
        guard let slash = text.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        let prefix = text[...slash]
        if let last = known, last.prefix.elementsEqual(prefix), let sequence = number(text[(slash + 1)...]) {
            let position = Position(epoch: last.identity.position.epoch, sequence: SequenceNumber(sequence))
            return .record(
                RecordIdentity(gateway: last.identity.gateway, stream: last.identity.stream, position: position))
        }
        let identity = DeliveredIdentity(String(decoding: text, as: UTF8.self))
        if case .record(let record)? = identity { known = (ArraySlice(Array(prefix)), record) }
        return identity
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        guard !digits.isEmpty, digits.count < 20 else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            value = value * 10 + UInt64(digit - 0x30)
        }
        return value
    }

    private func scan(
        _ content: ArraySlice<UInt8>, topic: String, _ body: (inout JSONSkimmer) throws -> Void
    ) throws(UplinkError) {
        do {
            var scanner = JSONSkimmer(content)
            try scanner.forEachElement(body)
            guard scanner.isAtEnd() else { throw JSONSkimmer.Malformed(offset: scanner.offset) }
        } catch let error as JSONSkimmer.Malformed {
            throw UplinkError(
                .delivery,
                "the message on '\(topic)' is no batch of events at byte \(error.offset - content.startIndex)")
        } catch {
            throw UplinkError(.delivery, "the message on '\(topic)' cannot be read: \(error)")
        }
    }

    /// By its content type; in 3.1.1, which has none, by its first byte.
    private func isBatch(_ message: MQTTMessage) -> Bool {
        guard let properties = message.properties else { return message.payload.first == UInt8(ascii: "[") }
        return properties.contentType?.hasPrefix(CloudEvents.batchContentType) ?? false
    }

    /// The body of a message, decompressed.
    func content(of message: MQTTMessage) throws(UplinkError) -> ArraySlice<UInt8> {
        let encoding = message.properties?.userProperties.first { $0.name == CloudEvents.contentEncodingProperty }?
            .value
        guard let encoding else { return message.payload }
        guard ["zstd", "zstd-dictionary"].contains(encoding) else {
            throw UplinkError(.delivery, "the message on '\(message.topic)' has the unknown encoding '\(encoding)'")
        }
        do {
            return try decompressor.decompress(
                message.payload.span.bytes, sizeMax: Self.messageSizeMax, dictionaries: dictionaries)[...]
        } catch {
            throw UplinkError(.delivery, "the message on '\(message.topic)' cannot be read: \(error)")
        }
    }

    private static func event(binary message: MQTTMessage) throws(UplinkError) -> DeliveredEvent {
        var attributes = EventAttributes()
        for property in message.properties?.userProperties ?? [] {
            attributes.set(property.name, to: property.value)
        }
        attributes.contentType = message.properties?.contentType
        attributes.payload = Array(message.payload)
        do {
            return try attributes.event()
        } catch {
            throw UplinkError(.delivery, "the message on '\(message.topic)' carries no identity")
        }
    }
}
