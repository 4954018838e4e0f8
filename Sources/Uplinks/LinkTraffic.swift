/// Bytes that an uplink has moved over its link since it was made, as TCP counts its payload: headers, TLS,
/// acknowledgements and what was sent again included. It never goes back.
public struct LinkTraffic: Hashable, Sendable {
    /// Towards the destination.
    public var bytesSent: UInt64
    /// From the destination.
    public var bytesReceived: UInt64

    /// Messages, requests or records that were handed over, in the unit in which such destinations limit them: what
    /// `messages_per_second` is reckoned by.
    public var messages: UInt64

    /// Nothing yet, unless said otherwise.
    public init(bytesSent: UInt64 = 0, bytesReceived: UInt64 = 0, messages: UInt64 = 0) {
        self.bytesSent = bytesSent
        self.bytesReceived = bytesReceived
        self.messages = messages
    }

    /// Both directions: what a metered link is billed for, but for TCP's and IP's own headers.
    public var bytes: UInt64 { bytesSent + bytesReceived }
}
