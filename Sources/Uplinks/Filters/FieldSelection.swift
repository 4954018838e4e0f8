import Records

/// Takes some fields of a payload: of a JSON object its members of these names, of a SenML pack the values whose names,
/// or what follows the base name, are these. What is neither is left as it is.
struct FieldSelection: Sendable {
    private var values = PayloadValues()
    private var forms = PayloadForms()

    /// The record with these fields only; nil where it has none of them.
    mutating func select(_ names: [String], of record: Record) -> Record? {
        let properties = record.properties
        let media = forms.mediaType(of: properties)
        guard media == nil || media == .json else { return record }
        values.read(
            record.payload, media: media, contentType: properties?.contentType,
            receivedMilliseconds: record.time.wallMilliseconds, takesJSON: false)
        var selected = record
        if case .senml = values.kind {
            let chosen = values.values.filter { value in
                names.contains { name in
                    values.names[value.ownName].elementsEqual(name.utf8)
                        || values.names[value.name].elementsEqual(name.utf8)
                }
            }
            guard !chosen.isEmpty else { return nil }
            selected.payload = pack(of: chosen, from: record.payload)[...]
        } else if let members = Self.members(of: record.payload) {
            let chosen = members.filter { names.contains($0.name) }
            guard !chosen.isEmpty else { return nil }
            selected.payload = Self.object(of: chosen, from: record.payload)[...]
        }
        return selected
    }

    // MARK: An object

    private typealias Member = (name: String, value: Range<Int>)

    /// The members of a JSON object; nil where the payload is none.
    private static func members(of payload: ArraySlice<UInt8>) -> [Member]? {
        guard JSONText.isValid(payload), !SurrogateEscapes.areBroken(in: payload) else { return nil }
        let text = payload.span
        var scanner = JSONScanner()
        guard scanner.next(in: text) == .beginObject else { return nil }
        var members: [Member] = []
        while case .key(let key) = scanner.next(in: text) {
            let start = scanner.offset
            var depth = 0
            repeat {
                switch scanner.next(in: text) {
                case .beginObject, .beginArray: depth += 1
                case .endObject, .endArray: depth -= 1
                case .invalid, .end: return nil
                default: break
                }
            } while depth > 0
            members.append((JSONText.unescape(text.extracting(key)), start..<scanner.offset))
        }
        return members
    }

    private static func object(of members: [Member], from payload: ArraySlice<UInt8>) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: payload.count)
        writer.beginObject()
        for member in members {
            writer.key(member.name)
            let start = payload.startIndex
            writer.raw(
                payload[start + member.value.lowerBound..<start + member.value.upperBound].drop { $0 <= 0x20 })
        }
        writer.endObject()
        return writer.bytes
    }

    // MARK: A pack

    /// A pack of these values, with the base name and the base time of the first: those of the whole pack may have been
    /// in a record that is left out.
    private func pack(of chosen: [PayloadValues.Value], from payload: ArraySlice<UInt8>) -> [UInt8] {
        var writer = SenMLJSONWriter(reservingCapacity: payload.count + 64)
        let baseName = values.names[chosen[0].name.lowerBound..<chosen[0].ownName.lowerBound]
        let baseSeconds = chosen[0].seconds ?? 0
        let hasOneBase = chosen.allSatisfy {
            values.names[$0.name.lowerBound..<$0.ownName.lowerBound] == baseName
        }
        writer.beginPack()
        for (index, value) in chosen.enumerated() {
            writer.beginRecord()
            if index == 0, hasOneBase, !baseName.isEmpty { writer.set(.baseName, text: baseName) }
            if index == 0, baseSeconds != 0 { writer.set(.baseTime, number: baseSeconds) }
            let name = values.names[hasOneBase ? value.ownName : value.name]
            if !name.isEmpty { writer.set(.name, text: name) }
            writer.set(value, bytes: values.bytes, from: payload)
            if let seconds = value.seconds, seconds != baseSeconds {
                writer.set(.time, number: ((seconds - baseSeconds) * 1e6).rounded() / 1e6)
            }
            writer.endRecord()
        }
        writer.endPack()
        return writer.bytes
    }
}
