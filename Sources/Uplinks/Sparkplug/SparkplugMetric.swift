/// One value as Sparkplug carries it (Eclipse Sparkplug 3.0, section 6.4.6).
struct SparkplugMetric: Sendable {
    /// The kinds of value that are sent, by the numbers of section 6.4.16.
    enum Kind: UInt64, Sendable {
        case int64 = 4
        case double = 10
        case boolean = 11
        case string = 12
        case bytes = 17
    }

    enum Value: Sendable, Equatable {
        case int64(Int64)
        case double(Double)
        case boolean(Bool)
        case string(String)
        case bytes([UInt8])
        /// A value that is not known.
        case null(Kind)

        var kind: Kind {
            switch self {
            case .int64: .int64
            case .double: .double
            case .boolean: .boolean
            case .string: .string
            case .bytes: .bytes
            case .null(let kind): kind
            }
        }
    }

    /// In births, and of metrics without an alias.
    var name: String?
    /// What stands for the name in everything but births.
    var alias: UInt64?
    var value: Value
    /// Milliseconds since 1970.
    var milliseconds: Int64
    /// Not what is now: a host keeps it without showing it.
    var isHistorical = false
    /// SenML's unit symbol; goes into the property `engUnit` of a birth.
    var unit: String?

    /// Writes it as a field of a payload.
    func write(to payload: inout ProtobufWriter) {
        payload.message(2) { metric in
            if let name { metric.string(1, name) }
            if let alias { metric.integer(2, alias) }
            metric.integer(3, UInt64(clamping: milliseconds))
            metric.integer(4, value.kind.rawValue)
            if isHistorical { metric.boolean(5, true) }
            if case .null = value { metric.boolean(7, true) }
            if let unit { Self.write(unit: unit, to: &metric) }
            switch value {
            case .int64(let number): metric.integer(11, UInt64(bitPattern: number))
            case .double(let number): metric.double(13, number)
            case .boolean(let boolean): metric.boolean(14, boolean)
            case .string(let text): metric.string(15, text)
            case .bytes(let bytes): metric.bytes(16, bytes)
            case .null: break
            }
        }
    }

    private static func write(unit: String, to metric: inout ProtobufWriter) {
        metric.message(9) { properties in
            properties.string(1, "engUnit")
            properties.message(2) { value in
                value.integer(1, Kind.string.rawValue)
                value.string(8, unit)
            }
        }
    }

    /// A whole payload (section 6.4.4).
    ///
    /// - Parameter sequence: the message's number, 0 to 255; nil in deaths of the node, which have none.
    static func payload(_ metrics: [SparkplugMetric], milliseconds: Int64, sequence: UInt8?) -> [UInt8] {
        var payload = ProtobufWriter()
        payload.integer(1, UInt64(clamping: milliseconds))
        for metric in metrics { metric.write(to: &payload) }
        if let sequence { payload.integer(3, UInt64(sequence)) }
        return payload.bytes
    }
}
