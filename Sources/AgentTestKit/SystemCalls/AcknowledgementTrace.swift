/// What a traced MQTT client has promised to its broker: the messages for which it sent a PUBACK, and when.
///
/// Only connections without TLS can be read: the trace has the bytes of the socket.
public struct AcknowledgementTrace: Sendable {
    /// One message that the client received with QoS 1 and acknowledged with a success reason.
    public struct Acknowledgement: Sendable {
        /// The connection it came and was acknowledged on.
        public let connection: TracedConnection
        /// The packet identifier, 1 to 65,535; unique only among messages in flight.
        public let identifier: UInt16
        /// The topic; empty where the broker used a topic alias of MQTT 5.
        public let topic: String
        /// The payload.
        public let payload: [UInt8]
        /// The moment at which the read had returned that brought the last byte of the message.
        public let received: Int
        /// The moment at which the write began that took the last byte of the PUBACK.
        public let began: Int
    }

    /// A PUBACK that left although the disk could not have the message.
    public struct Premature: Sendable {
        /// Which.
        public let acknowledgement: Acknowledgement
        /// The writes since the message was received that were not on disk at that moment; empty where nothing at all
        /// was written.
        public let unsynced: [SystemCallTrace.FileWrite]
    }

    /// All acknowledged messages, ordered by ``Acknowledgement/began``.
    public private(set) var acknowledgements: [Acknowledgement] = []
    /// How many PUBACKs had a failure reason, or belonged to no message that the trace has seen. 0 in a clean run
    /// without refusals.
    public private(set) var otherCount = 0
    private let trace: SystemCallTrace

    /// - Parameters:
    ///   - trace: the client's trace.
    ///   - peerPort: only connections to this TCP port; nil for all. A client that also publishes to another broker
    ///     needs no filter for that: what counts are the PUBACKs it sends.
    public init(of trace: SystemCallTrace, peerPort: UInt16? = nil) {
        self.trace = trace
        var sessions: [TracedConnection: Session] = [:]
        let ordered = trace.operations.filter { $0.counted != nil }.sorted { $0.counted! < $1.counted! }
        for operation in ordered {
            switch operation.action {
            case .receive(let connection, let bytes):
                sessions[connection]?.received(bytes, at: operation.counted!)
            case .send(let connection, let bytes):
                guard peerPort == nil || connection.peerPort == peerPort else { continue }
                // A client's first packet is CONNECT, so anything else is another protocol (section 3.1).
                if sessions[connection] == nil, bytes.first != 0x10 { continue }
                for packet in sessions[connection, default: Session()].sent.packets(adding: bytes) {
                    take(packet, on: connection, session: &sessions[connection]!, moment: operation.began)
                }
            case .close(let connection): sessions[connection] = nil
            default: continue
            }
        }
    }

    /// The acknowledgements that may have been on the wire when the power went at `moment`: a record that is missing
    /// from the disk after such a cut was lost.
    public func acknowledgements(through moment: Int) -> ArraySlice<Acknowledgement> {
        var low = 0
        var high = acknowledgements.count
        while low < high {
            let middle = (low + high) / 2
            if acknowledgements[middle].began <= moment { low = middle + 1 } else { high = middle }
        }
        return acknowledgements[..<low]
    }

    /// The writes to files below `folder` that had begun before a PUBACK and were not sure to be on disk at it.
    public func unsyncedWrites(
        before acknowledgement: Acknowledgement, under folder: String = ""
    ) -> [SystemCallTrace.FileWrite] {
        trace.unsyncedWrites(before: acknowledgement.began, under: folder)
    }

    /// The acknowledgements for which no write to a file below `folder` had both begun after the message was received
    /// and been synced before the PUBACK began. Empty for a client that keeps promise P1.
    ///
    /// This is a necessary condition, and holds also where other threads write at the same time. The power cut is the
    /// sufficient one: it looks for the message itself.
    public func premature(under folder: String = "") -> [Premature] {
        let writes = trace.fileWrites(under: folder)
        // For each write the earliest moment at which it or any later one was on disk.
        var earliest = [Int](repeating: .max, count: writes.count + 1)
        for index in writes.indices.reversed() {
            earliest[index] = min(earliest[index + 1], writes[index].durable ?? .max)
        }
        return acknowledgements.compactMap { acknowledgement in
            var low = 0
            var high = writes.count
            while low < high {
                let middle = (low + high) / 2
                if writes[middle].began > acknowledgement.received { high = middle } else { low = middle + 1 }
            }
            guard earliest[low] >= acknowledgement.began else { return nil }
            let unsynced = writes[low...].prefix { $0.began < acknowledgement.began }
            return Premature(acknowledgement: acknowledgement, unsynced: Array(unsynced))
        }
    }

    private mutating func take(
        _ packet: MQTTPacket, on connection: TracedConnection, session: inout Session, moment: Int
    ) {
        switch packet.type {
        case 1:
            session.protocolLevel = packet.protocolLevel ?? 4
            session.inFlight = [:]
        case 4:
            guard let (identifier, reason) = packet.acknowledgement else { return }
            guard let message = session.inFlight.removeValue(forKey: identifier), reason < 0x80 else {
                otherCount += 1
                return
            }
            acknowledgements.append(
                Acknowledgement(
                    connection: connection, identifier: identifier, topic: message.topic, payload: message.payload,
                    received: message.received, began: moment))
        default: return
        }
    }

    /// One connection from its CONNECT on.
    private struct Session {
        var protocolLevel: UInt8 = 4
        var sent = MQTTPacketReader()
        var incoming = MQTTPacketReader()
        var inFlight: [UInt16: (topic: String, payload: [UInt8], received: Int)] = [:]

        mutating func received(_ bytes: [UInt8], at moment: Int) {
            for packet in incoming.packets(adding: bytes) where packet.type == 3 {
                guard let message = packet.publish(protocolLevel: protocolLevel) else { continue }
                inFlight[message.identifier] = (message.topic, message.payload, moment)
            }
        }
    }
}
