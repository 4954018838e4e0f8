/// One lifetime of a stream's log.
///
/// The upper 24 bits count the epochs of the stream and the lower 40 are random, so epochs sort in the order in which
/// they began, and two logs that both lost everything still do not share one. A new epoch begins whenever a
/// sequence number could otherwise be used twice.
public struct Epoch: RawRepresentable, Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
    /// The number itself.
    public let rawValue: UInt64

    /// The epoch with this number.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Reads the 16 hexadecimal digits that ``description`` writes.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count == 16, let value = UInt64(text, radix: 16) else { return nil }
        rawValue = value
    }

    /// The epoch that follows this one.
    public func successor(using random: inout some RandomNumberGenerator) -> Epoch {
        Epoch.make(ordinal: rawValue >> 40 + 1, using: &random)
    }

    /// The first epoch of a stream.
    public static func first(using random: inout some RandomNumberGenerator) -> Epoch {
        make(ordinal: 1, using: &random)
    }

    private static func make(ordinal: UInt64, using random: inout some RandomNumberGenerator) -> Epoch {
        precondition(ordinal < 1 << 24, "a stream has at most 16,777,215 epochs")
        return Epoch(rawValue: ordinal << 40 | random.next(upperBound: UInt64(1) << 40))
    }

    /// 16 lower-case hexadecimal digits.
    public var description: String { hexadecimal(rawValue, digits: 16) }
    /// Whether it began earlier.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// The position of a record in its stream and epoch: 1, 2, 3, ... without holes, never reused.
public struct SequenceNumber: RawRepresentable, Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
    /// The number itself.
    public let rawValue: UInt64

    /// The sequence number with this value.
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }
    /// The sequence number with this value.
    @inlinable public init(_ value: UInt64) { rawValue = value }

    /// Before the first record: where a cursor stands that has confirmed nothing.
    public static let zero = SequenceNumber(0)

    /// The sequence number that comes next.
    @inlinable public var next: SequenceNumber { SequenceNumber(rawValue + 1) }

    /// The sequence number `count` places further on.
    @inlinable public func advanced(by count: Int) -> SequenceNumber { SequenceNumber(rawValue + UInt64(count)) }

    /// Decimal digits.
    public var description: String { String(rawValue) }
    /// Whether it comes earlier.
    @inlinable public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// A place in a stream over all its epochs.
public struct Position: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
    /// The lifetime of the log.
    public let epoch: Epoch
    /// The position in that epoch.
    public let sequence: SequenceNumber

    /// A place in a stream.
    public init(epoch: Epoch, sequence: SequenceNumber) {
        self.epoch = epoch
        self.sequence = sequence
    }

    /// `<epoch>/<sequence>`.
    public var description: String { "\(epoch)/\(sequence)" }
    /// Whether it comes earlier in the log.
    public static func < (left: Self, right: Self) -> Bool {
        (left.epoch, left.sequence) < (right.epoch, right.sequence)
    }
}

/// What names one record in the whole fleet, for ever: promise P7.
public struct RecordIdentity: Hashable, Sendable, CustomStringConvertible {
    /// The gateway within its fleet.
    public let gateway: GatewayID
    /// The stream of that gateway.
    public let stream: StreamName
    /// The place in that stream.
    public let position: Position

    /// The identity of one record.
    public init(gateway: GatewayID, stream: StreamName, position: Position) {
        self.gateway = gateway
        self.stream = stream
        self.position = position
    }

    /// Reads `<gateway>/<stream>/<epoch>/<sequence>`.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 4, let gateway = GatewayID(String(parts[0])), let stream = StreamName(String(parts[1])),
            let epoch = Epoch(parts[2]), let sequence = UInt64(parts[3])
        else { return nil }
        self.init(
            gateway: gateway, stream: stream, position: Position(epoch: epoch, sequence: SequenceNumber(sequence)))
    }

    /// `<gateway>/<stream>/<epoch>/<sequence>`, the CloudEvents `id`.
    public var description: String { "\(gateway)/\(stream)/\(position)" }
}

func hexadecimal(_ value: UInt64, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
}
