import MQTTTransport

extension MQTTPublisher: MessagePublisher {
    /// Bytes of TCP payload, over all connections.
    public var traffic: LinkTraffic {
        let counters = counters
        return LinkTraffic(
            bytesSent: counters.wireBytesSent, bytesReceived: counters.wireBytesReceived,
            messages: counters.messagesPublished)
    }
}
