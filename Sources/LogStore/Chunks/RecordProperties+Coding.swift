import Records

/// The items of a record's properties in a chunk: OnDiskFormat.md, "Chunk".
private enum PropertyTag {
    static let contentType: UInt8 = 1
    static let userProperty: UInt8 = 2
    static let messageExpiry: UInt8 = 3
    static let responseTopic: UInt8 = 4
    static let correlationData: UInt8 = 5
    static let isPayloadUTF8: UInt8 = 6
    static let device: UInt8 = 7
    static let sourceTime: UInt8 = 8
}

/// The properties of a record as they stand in a chunk: made once where many records have the same, and before the lock
/// under which records are appended.
public struct PackedProperties: Sendable {
    /// Without their length.
    let bytes: [UInt8]

    /// Packs properties.
    public init(_ properties: RecordProperties) { bytes = properties.packed }
}

extension RecordProperties {
    fileprivate var packed: [UInt8] {
        var bytes: [UInt8] = []
        // Enough for a serial record's, so that the array does not grow three times.
        bytes.reserveCapacity(64)
        func append(_ tag: UInt8, _ text: String?) {
            guard let text else { return }
            bytes.append(tag)
            bytes.append(counted: text.utf8)
        }
        append(PropertyTag.contentType, contentType)
        for property in userProperties {
            append(PropertyTag.userProperty, property.name)
            bytes.append(counted: property.value.utf8)
        }
        if let messageExpirySeconds {
            bytes.append(PropertyTag.messageExpiry)
            bytes.append(varint: UInt64(messageExpirySeconds))
        }
        append(PropertyTag.responseTopic, responseTopic)
        if let correlationData {
            bytes.append(PropertyTag.correlationData)
            bytes.append(counted: correlationData)
        }
        if isPayloadUTF8 { bytes.append(PropertyTag.isPayloadUTF8) }
        append(PropertyTag.device, device)
        if let sourceMilliseconds {
            bytes.append(PropertyTag.sourceTime)
            bytes.append(varint: UInt64(bitPattern: sourceMilliseconds << 1 ^ sourceMilliseconds >> 63))
        }
        return bytes
    }

    /// Reads what ``PackedProperties`` has.
    init(decoding bytes: UnsafeRawBufferPointer) throws(DecodingFailure) {
        self.init()
        var reader = ByteReader(bytes)
        while !reader.isAtEnd {
            switch try reader.byte() {
            case PropertyTag.contentType: contentType = try reader.text()
            case PropertyTag.userProperty:
                let name = try reader.text()
                userProperties.append(UserProperty(name: name, value: try reader.text()))
            case PropertyTag.messageExpiry: messageExpirySeconds = UInt32(truncatingIfNeeded: try reader.varint())
            case PropertyTag.responseTopic: responseTopic = try reader.text()
            case PropertyTag.correlationData: correlationData = try reader.countedBytes()
            case PropertyTag.isPayloadUTF8: isPayloadUTF8 = true
            case PropertyTag.device: device = try reader.text()
            case PropertyTag.sourceTime:
                let zigzag = try reader.varint()
                sourceMilliseconds = Int64(bitPattern: zigzag >> 1) ^ -Int64(bitPattern: zigzag & 1)
            case let tag: throw DecodingFailure(reason: "property \(tag) is not known")
            }
        }
    }
}
