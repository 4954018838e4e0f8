import Uplinks

/// One message on its way into librdkafka. One value is filled again and again, so that its storage is allocated once.
struct KafkaMessage: Sendable {
    /// Bytes of the topic's name.
    var topic: [UInt8] = []
    /// Chooses the partition.
    var key: [UInt8] = []
    var payload: ArraySlice<UInt8> = []
    var headers = AttributeList()
    /// Since 1970; nil: when librdkafka takes it.
    var milliseconds: Int64?
}
