import MQTTTransport
import Records

/// The edge node of Sparkplug B: which messages it sends in which order, with which numbers. Pure: it knows no
/// connection and no clock.
struct SparkplugNode: Sendable {
    /// Devices that are known at a time. Beyond it the one heard of longest ago is declared dead.
    static let devicesMax = 1000

    /// What may be said now.
    enum State: Equatable, Sendable {
        /// There is no connection.
        case away
        /// There is one, and the primary host is not there.
        case waitingForHost
        case born
    }

    let topics: SparkplugTopics
    private(set) var state = State.away
    private var devices: [String: SparkplugDevice] = [:]
    private var nextAlias: UInt64 = 1
    /// The number of the next message, 0 to 255, which begins anew with each birth of the node.
    private var sequence: UInt8 = 0
    /// The number of the connection, 0 to 255: says which birth a death belongs to.
    private var birthNumber: UInt8?
    private var recordsHeard: UInt64 = 0
    /// When the primary host last said that it is there.
    private var hostMilliseconds: Int64 = .min

    init(topics: SparkplugTopics) { self.topics = topics }

    // MARK: Life of the node

    /// A connection is about to be opened: the payload of its last will.
    mutating func death(milliseconds: Int64) -> [UInt8] {
        birthNumber = birthNumber.map { $0 &+ 1 } ?? 0
        return currentDeath(milliseconds: milliseconds)
    }

    /// The death of the connection that there is, to be said where the broker would not publish the will.
    func currentDeath(milliseconds: Int64) -> [UInt8] {
        SparkplugMetric.payload([birthMetric(milliseconds)], milliseconds: milliseconds, sequence: nil)
    }

    /// The connection is open: the births, unless the primary host is waited for.
    mutating func opened(milliseconds: Int64) -> [MQTTMessage] {
        guard topics.primaryHost == nil else {
            state = .waitingForHost
            hostMilliseconds = .min
            return []
        }
        return births(milliseconds: milliseconds)
    }

    /// The connection is gone.
    mutating func closed() {
        state = .away
        for name in devices.keys { devices[name]?.forgetBirth() }
    }

    /// What follows from the primary host's word.
    enum HostChange {
        case nothing
        /// It has come: these births are to be said.
        case came([MQTTMessage])
        /// It has gone: nothing more is to be said over this connection but the node's death.
        case went
    }

    /// The primary host has said whether it is there, at a moment by its own clock.
    mutating func hostSaid(isOnline: Bool, at moment: Int64, milliseconds: Int64) -> HostChange {
        // An old death of the host may come behind its new birth.
        guard topics.primaryHost != nil, moment >= hostMilliseconds else { return .nothing }
        hostMilliseconds = moment
        switch (isOnline, state) {
        case (true, .waitingForHost): return .came(births(milliseconds: milliseconds))
        case (false, .born): return .went
        default: return .nothing
        }
    }

    /// The births of the node and of all devices, with what is known.
    mutating func births(milliseconds: Int64) -> [MQTTMessage] {
        state = .born
        sequence = 0
        var metrics = [
            birthMetric(milliseconds),
            SparkplugMetric(name: "Node Control/Rebirth", value: .boolean(false), milliseconds: milliseconds),
        ]
        metrics += Self.lossMetrics.map { name, kind in
            SparkplugMetric(name: name, value: .null(kind), milliseconds: milliseconds)
        }
        var messages = [message(.NBIRTH, device: nil, metrics, milliseconds: milliseconds)]
        for name in devices.keys.sorted() {
            if let birth = birth(of: name, milliseconds: milliseconds) { messages.append(birth) }
        }
        return messages
    }

    // MARK: Records

    /// Why a record can never be told of; nil where it can.
    func problem(of device: String, _ metrics: [SparkplugMetric]) -> String? {
        guard device.utf8.count <= 1024 else { return "the name of its device has \(device.utf8.count) bytes" }
        let known = devices[device] ?? SparkplugDevice()
        guard known.hasRoom(for: metrics) else {
            return "device '\(device)' would have more than \(SparkplugDevice.metricsMax) metrics"
        }
        return nil
    }

    /// What must be said before values of a device can be: the death of another one, its birth. Nil where nothing must.
    mutating func messageBefore(
        _ device: String, _ metrics: [SparkplugMetric], milliseconds: Int64
    ) -> MQTTMessage? {
        if devices[device] == nil {
            if devices.count >= Self.devicesMax,
                let oldest = devices.min(by: { $0.value.lastHeard < $1.value.lastHeard })?.key
            {
                devices[oldest] = nil
                return message(.DDEATH, device: oldest, [], milliseconds: milliseconds)
            }
            devices[device] = SparkplugDevice()
        }
        devices[device]?.declare(metrics, nextAlias: &nextAlias)
        guard devices[device]?.isBorn == false else { return nil }
        return birth(of: device, milliseconds: milliseconds)
    }

    /// The values of one record.
    mutating func values(of device: String, _ metrics: [SparkplugMetric], milliseconds: Int64) -> MQTTMessage {
        recordsHeard += 1
        devices[device]?.lastHeard = recordsHeard
        let values = devices[device]?.update(metrics) ?? metrics
        return message(.DDATA, device: device, values, milliseconds: milliseconds)
    }

    /// Word of a loss.
    mutating func loss(_ loss: LostRange, milliseconds: Int64) -> MQTTMessage {
        let values: [SparkplugMetric.Value] = [
            .string(loss.stream.rawValue), .string(loss.epoch.description),
            .int64(Int64(clamping: loss.first.rawValue)),
            .int64(Int64(clamping: loss.last.rawValue)), .int64(Int64(clamping: loss.count)), .int64(Int64(loss.bytes)),
            .string(loss.reason.rawValue),
        ]
        let metrics = zip(Self.lossMetrics, values).map { metric, value in
            SparkplugMetric(name: metric.name, value: value, milliseconds: loss.wallMilliseconds)
        }
        return message(.NDATA, device: nil, metrics, milliseconds: milliseconds)
    }

    private static let lossMetrics: [(name: String, kind: SparkplugMetric.Kind)] = [
        ("Millrace/Lost/Stream", .string), ("Millrace/Lost/Epoch", .string), ("Millrace/Lost/First", .int64),
        ("Millrace/Lost/Last", .int64), ("Millrace/Lost/Records", .int64), ("Millrace/Lost/Bytes", .int64),
        ("Millrace/Lost/Reason", .string),
    ]

    // MARK: Messages

    private func birthMetric(_ milliseconds: Int64) -> SparkplugMetric {
        SparkplugMetric(name: "bdSeq", value: .int64(Int64(birthNumber ?? 0)), milliseconds: milliseconds)
    }

    private mutating func birth(of device: String, milliseconds: Int64) -> MQTTMessage? {
        guard let metrics = devices[device]?.birth() else { return nil }
        return message(.DBIRTH, device: device, metrics, milliseconds: milliseconds)
    }

    private mutating func message(
        _ kind: SparkplugTopics.Kind, device: String?, _ metrics: [SparkplugMetric], milliseconds: Int64
    ) -> MQTTMessage {
        let payload = SparkplugMetric.payload(metrics, milliseconds: milliseconds, sequence: sequence)
        sequence &+= 1
        let topic = device.map { topics.topic(kind, device: $0) } ?? topics.topic(kind)
        return MQTTMessage(topic: topic, payload: payload[...])
    }
}
