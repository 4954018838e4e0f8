import Records

/// As the text that it is in the configuration.
extension UplinkName: Codable {
    /// Reads a name.
    ///
    /// - Throws: where the text is none.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let name = UplinkName(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "this is no name of an uplink")
        }
        self = name
    }

    /// Writes the text.
    ///
    /// - Throws: what the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}
