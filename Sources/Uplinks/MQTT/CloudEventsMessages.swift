import Compression
import MQTTTransport
import Records
import Synchronization

/// Makes MQTT messages that hold many records as CloudEvents in JSON, compressed or not.
final class CloudEventsMessages: Sendable {
    private struct Tools {
        var encoder: CloudEventsEncoder
        let compressor: ZstandardCompressor?
    }

    private let gateway: GatewayID
    private let hasProperties: Bool
    private let isCompressed: Bool
    /// Used by one thread at a time: messages are asked for one after the other.
    private let tools: Mutex<Tools>

    init(gateway: GatewayID, batching: MQTTUplinkConfiguration.Batching, hasProperties: Bool) {
        self.gateway = gateway
        self.hasProperties = hasProperties
        isCompressed = batching.isCompressed
        let size = batching.sizeTarget.rawValue
        let compressor = batching.isCompressed ? ZstandardCompressor(sizeMax: size) : nil
        tools = Mutex(Tools(encoder: CloudEventsEncoder(reservingCapacity: size), compressor: compressor))
    }

    /// The message for some records of a batch, which all passed the same gateways before this one.
    func message(for range: Range<Int>, of batch: RecordBatch, topic: String) -> MQTTMessage {
        let payload = payload { $0.encode(batch.records[range], of: batch) }
        let path = LoopGuard.path(of: batch.records[range.lowerBound])
        return MQTTMessage(topic: topic, payload: payload, properties: properties(path: path))
    }

    /// The message for word of a loss: a batch of one event, so that a consumer reads one kind of message only.
    func message(for loss: LostRange, topic: String) -> MQTTMessage {
        let payload = payload { [gateway] in $0.encode(loss, of: gateway) }
        return MQTTMessage(topic: topic, payload: payload, properties: properties(path: []))
    }

    private func payload(_ encode: (inout CloudEventsEncoder) -> Void) -> ArraySlice<UInt8> {
        tools.withLock { tools in
            encode(&tools.encoder)
            guard let compressor = tools.compressor else { return tools.encoder.bytes[...] }
            var compressed: [UInt8] = []
            compressor.compress(tools.encoder.bytes.span.bytes, appendingTo: &compressed)
            return compressed[...]
        }
    }

    private func properties(path: [String]) -> MQTTProperties? {
        guard hasProperties else { return nil }
        var properties = MQTTProperties(contentType: CloudEvents.batchContentType)
        LoopGuard.append(path: path, gateway: gateway, to: &properties.userProperties)
        if isCompressed {
            properties.userProperties.append(.init(name: CloudEvents.contentEncodingProperty, value: "zstd"))
        }
        return properties
    }
}
