import MQTTTransport
import Records
import Synchronization

/// Makes MQTT messages that hold many records, compressed or not.
final class BatchMessages: Sendable {
    private struct Tools {
        var encoder: any BatchEncoder
        let compressor: BodyCompressor
    }

    private let gateway: GatewayID
    private let hasProperties: Bool
    private let coding: String?
    private let contentType: String
    /// Bytes that a record will take; see ``BatchEncoder``.
    let sizeEstimate: @Sendable (Record) -> Int
    /// Used by one thread at a time: messages are asked for one after the other.
    private let tools: Mutex<Tools>

    init(
        gateway: GatewayID, format: BatchFormat, batching: MQTTUplinkConfiguration.Batching, hasProperties: Bool
    ) {
        self.gateway = gateway
        self.hasProperties = hasProperties
        let size = batching.sizeTarget.rawValue
        let compressor = BodyCompressor(batching.compression, sizeMax: size)
        coding = compressor.coding
        let encoder = format.makeEncoder(reservingCapacity: size)
        contentType = encoder.contentType
        let kind = type(of: encoder)
        sizeEstimate = { kind.sizeEstimate(of: $0) }
        tools = Mutex(Tools(encoder: encoder, compressor: compressor))
    }

    /// The message for some records of a batch, which all passed the same gateways before this one.
    func message(for range: Range<Int>, of batch: RecordBatch, topic: String) -> MQTTMessage {
        let payload = payload { $0.encode(batch.records[range], of: batch) }
        let path = LoopGuard.path(of: batch.records[range.lowerBound])
        return MQTTMessage(topic: topic, payload: payload, properties: properties(path: path))
    }

    /// The message for word of a loss: in the same format, so that a consumer reads one kind of message only.
    func message(for loss: LostRange, topic: String) -> MQTTMessage {
        let payload = payload { [gateway] in $0.encode(loss, of: gateway) }
        return MQTTMessage(topic: topic, payload: payload, properties: properties(path: []))
    }

    private func payload(_ encode: (inout any BatchEncoder) -> Void) -> ArraySlice<UInt8> {
        tools.withLock { tools in
            encode(&tools.encoder)
            return tools.compressor.compressed(tools.encoder.bytes)[...]
        }
    }

    private func properties(path: [String]) -> MQTTProperties? {
        guard hasProperties else { return nil }
        var properties = MQTTProperties(contentType: contentType)
        LoopGuard.append(path: path, gateway: gateway, to: &properties.userProperties)
        if let coding {
            properties.userProperties.append(.init(name: CloudEvents.contentEncodingProperty, value: coding))
        }
        return properties
    }
}
