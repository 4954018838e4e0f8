import Records

/// One destination. Called by exactly one forwarder, never concurrently.
///
/// "Delivered" means that the destination itself said so: a PUBACK with a success reason, a delivery report, a 2xx.
/// Never that a library took the bytes (promise P2).
///
/// An uplink is made with its link closed: it connects after the first ``resume()``.
public protocol Uplink: Sendable {
    /// Sends the batch and waits for the destination's answer. Gives up by itself, with `retry`, when the destination
    /// does not answer; returns within one second when the task is cancelled.
    func send(_ batch: RecordBatch) async -> DeliveryOutcome
    /// Sends the word that records are gone, in their place. The identity of the loss is that of its first record with
    /// the last sequence number behind it, so that it can be recognised when it comes twice.
    func send(_ loss: LostRange) async -> DeliveryOutcome
    /// Bytes on the wire so far; what link budgets are reckoned by.
    var traffic: LinkTraffic { get }
    /// The link may be used from now on, and a connection may be kept: there are connection windows, starts that are
    /// spread over a fleet, and budgets, outside of which not even a keep-alive may cross it.
    func resume() async
    /// The link may not be used until ``resume()``: ends the connection in an orderly way. Nothing is under way then.
    func suspend() async
    /// Ends the connection in an orderly way. Nothing is sent afterwards.
    func close() async
}

/// For destinations that keep no connection while nothing is sent.
extension Uplink {
    /// Nothing: the next send connects.
    public func resume() async {}
    /// Nothing: there is no connection.
    public func suspend() async {}
}

/// A destination's answer.
public enum DeliveryOutcome: Sendable, Equatable {
    /// Confirmed up to and including this record; what follows it in the batch is to be sent again.
    case acknowledged(through: SequenceNumber)
    /// Not now. `after` is what the destination asked for (Retry-After), or nil to leave it to the back-off. `isAlarm`
    /// says that a person is needed: wrong credentials, a topic that does not exist.
    case retry(after: Duration?, reason: String, isAlarm: Bool)
    /// This one record will never be taken. Records before it are confirmed; it is kept as rejected.
    case reject(SequenceNumber, reason: String)
}
