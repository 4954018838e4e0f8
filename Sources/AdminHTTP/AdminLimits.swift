import Records

/// Every bound of the admin server, with its unit and its reason.
enum AdminLimits {
    /// Connections of one way in: a person, a monitoring system, and a hundred readers of live records, with room.
    static let connectionsMax = 256
    /// Streams of live records.
    static let readersMax = 128
    /// Bytes of a request's header: ours take a few hundred, and a browser's cookies a few thousand.
    static let headerSizeMax = 8 << 10
    /// Fields of a header.
    static let headerFieldsMax = 64
    /// Bytes of a body: one record.
    static let bodySizeMax = Limits.payloadSizeMax
    /// How long a request may take to arrive, and a connection may be without one.
    static let requestTime = Duration.seconds(10)
    /// How long a reader of live records may take nothing.
    static let stallTime = Duration.seconds(30)
    /// After so long without a record, a comment shows that a stream lives.
    static let silenceMax = Duration.seconds(15)
    /// Readers are woken so often at most: a page for many records costs less than many pages.
    static let pulse = Duration.milliseconds(100)
    /// Records of a page of live records.
    static let liveRecordsMax = 512
    /// Bytes of payloads and topics of a page.
    static let pageSizeMax = 256 << 10
    /// Likewise of live records: a reader that stalls holds up to two.
    static let livePageSizeMax = 64 << 10
    /// Encoded bytes that are kept for readers that stand at the same place.
    static let sharedSizeMax = 1 << 20
}
