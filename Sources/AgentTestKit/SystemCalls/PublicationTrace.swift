/// What a traced MQTT client has sent to a broker at QoS 1 or 2, and when: what a consumer may know when power goes.
///
/// Only connections without TLS can be read: the trace has the bytes of the socket.
public struct PublicationTrace: Sendable {
    /// One PUBLISH, as far as it was handed to the kernel.
    public struct Publication: Sendable {
        /// Without wildcards.
        public let topic: String
        /// The payload.
        public let payload: [UInt8]
        /// The user properties of MQTT 5, in order; none in 3.1.1.
        public let userProperties: [(name: String, value: String)]
        /// The moment at which the write began that took its last byte.
        public let began: Int
    }

    /// All of them, ordered by ``Publication/began``. A message that was sent twice is there twice.
    public private(set) var publications: [Publication] = []

    /// - Parameters:
    ///   - trace: the client's trace.
    ///   - peerPort: only connections to this TCP port.
    public init(of trace: SystemCallTrace, peerPort: UInt16) {
        var sessions: [TracedConnection: (reader: MQTTPacketReader, protocolLevel: UInt8)] = [:]
        for operation in trace.operations {
            switch operation.action {
            case .send(let connection, let bytes) where connection.peerPort == peerPort:
                for packet in sessions[connection, default: (MQTTPacketReader(), 4)].reader.packets(adding: bytes) {
                    if packet.type == 1 { sessions[connection]!.protocolLevel = packet.protocolLevel ?? 4 }
                    take(packet, protocolLevel: sessions[connection]!.protocolLevel, moment: operation.began)
                }
            case .close(let connection): sessions[connection] = nil
            default: continue
            }
        }
    }

    private mutating func take(_ packet: MQTTPacket, protocolLevel: UInt8, moment: Int) {
        guard packet.type == 3, let message = packet.publish(protocolLevel: protocolLevel) else { return }
        publications.append(
            Publication(
                topic: message.topic, payload: message.payload,
                userProperties: protocolLevel >= 5 ? packet.publishUserProperties : [], began: moment))
    }
}
