import Records

/// How many records go together in one message or request, whichever bound is reached first.
public struct BatchLimits: Hashable, Sendable {
    /// Records of one message or one send, 1...10,000.
    public var recordsMax = 500
    /// Bytes before compression.
    public var sizeMax = ByteCount.kibibytes(96)

    /// The defaults: below the 128 KiB that some hosted brokers allow.
    public init() {}
}
