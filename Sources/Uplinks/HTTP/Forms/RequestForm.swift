import Records

/// How records of a batch become HTTP requests, and what a response says of each of them: one type for each kind of
/// endpoint.
///
/// ``HTTPUplink`` picks the records of each request, signs and sends it, and keeps account of what was answered. A form
/// only writes bodies and reads answers; it does no I/O. It is used by one task at a time.
public protocol RequestForm: Sendable {
    /// What one request may hold.
    var limits: RequestLimits { get }

    /// Bytes of body that a record takes, as an estimate on the high side, by which requests are cut.
    func sizeEstimate(of record: Record) -> Int

    /// Why a record can never be sent in this form; nil where nothing speaks against it, which is nearly always.
    func problem(with record: Record, of batch: RecordBatch) -> String?

    /// What the records of one request have in common, such as a partition key; records with different keys never
    /// share one. Nil: any may.
    func sharedKey(of record: Record, of batch: RecordBatch) -> String?

    /// The request for some records of a batch: at least one, all of one ``sharedKey(of:of:)``, in order, but not
    /// always without holes: those that were taken before are left out when others are sent again.
    mutating func request(for records: ArraySlice<Record>, of batch: RecordBatch) -> HTTPRequest

    /// The request for word of a loss.
    mutating func request(for loss: LostRange, of gateway: GatewayID) -> HTTPRequest

    /// What a response says of the records of its request.
    func verdict(on response: HTTPResponse, recordCount: Int) -> ResponseVerdict
}

extension RequestForm {
    /// The size of a CloudEvent in JSON.
    public func sizeEstimate(of record: Record) -> Int { CloudEventsEncoder.sizeEstimate(of: record) }
    /// Every record can be sent.
    public func problem(with record: Record, of batch: RecordBatch) -> String? { nil }
    /// Any records may share a request.
    public func sharedKey(of record: Record, of batch: RecordBatch) -> String? { nil }
    /// What the status says.
    public func verdict(on response: HTTPResponse, recordCount: Int) -> ResponseVerdict {
        ResponseVerdict(status: response)
    }
}

/// What one request may hold.
public struct RequestLimits: Hashable, Sendable {
    /// Records, at least 1.
    public var recordsMax: Int
    /// Bytes of body before compression, by the estimate: a target, which only a record that is larger by itself
    /// exceeds.
    public var sizeTarget: Int
    /// Bytes of body before compression that the destination takes; what is larger is not sent. Nil: not known.
    public var sizeMax: Int?

    /// Limits of which only the last is hard.
    public init(recordsMax: Int, sizeTarget: Int, sizeMax: Int? = nil) {
        precondition(recordsMax > 0, "a request has at least one record")
        precondition(sizeTarget > 0, "a request has a size")
        self.recordsMax = recordsMax
        self.sizeTarget = sizeTarget
        self.sizeMax = sizeMax
    }
}
