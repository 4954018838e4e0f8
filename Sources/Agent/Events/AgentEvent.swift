import Logging
import Records

/// Something that happened to the agent and that somebody may want to know of at the centre.
public struct AgentEvent: Sendable, Equatable {
    /// What happened: the last level of its topic, `millrace/events/KIND`.
    public enum Kind: String, Sendable, CaseIterable {
        case agentStarted = "agent-started"
        case agentStopped = "agent-stopped"
        case agentReloaded = "agent-reloaded"
        /// The configuration was wrong, or asks for what cannot change while the agent runs; the old one stays.
        case reloadRefused = "reload-refused"
        /// A serial port is read, or a broker has accepted a source.
        case linkUp = "link-up"
        case linkDown = "link-down"
        /// A destination confirms what it gets.
        case uplinkUp = "uplink-up"
        case uplinkDown = "uplink-down"
        /// Records are gone that an uplink had not forwarded.
        case recordsLost = "records-lost"
        case deviceSilent = "device-silent"
        case deviceBack = "device-back"
        case outOfRange = "out-of-range"
        case inRange = "in-range"
        /// The disk has less room than the log may still need.
        case diskLow = "disk-low"
        case diskEnough = "disk-enough"
        /// The wall clock was synchronised, or stepped.
        case clockSet = "clock-set"
        case credentialExpiring = "credential-expiring"
        case credentialRenewed = "credential-renewed"
    }

    /// One more thing to know of it.
    public struct Detail: Sendable, Equatable {
        /// What it can be.
        public enum Value: Sendable, Equatable {
            case text(String)
            case integer(Int64)
            case number(Double)
        }

        /// Its name in the JSON object.
        public let name: String
        /// Its value.
        public let value: Value
    }

    /// What happened.
    public let kind: Kind
    /// To which part of the agent, as in the configuration: `serial.air`, `uplinks.central`, `log`, `agent`.
    public let part: String
    /// To which device; nil where to none.
    public var device: String?
    /// The same in words.
    public let text: String
    /// What else there is to know, in this order.
    public var details: [Detail] = []

    init(_ kind: Kind, of part: String, device: String? = nil, _ text: String, details: [Detail] = []) {
        self.kind = kind
        self.part = part
        self.device = device
        self.text = text
        self.details = details
    }

    /// The stream's records: what `docs/events.md` describes.
    func encode(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("event", string: kind.rawValue)
        writer.member("part", string: part)
        if let device { writer.member("device", string: device) }
        writer.member("text", string: text)
        for detail in details {
            writer.key(detail.name)
            switch detail.value {
            case .text(let text): writer.string(text)
            case .integer(let number): writer.integer(number)
            case .number(let number): writer.number(number)
            }
        }
        writer.endObject()
    }
}

extension AgentEvent.Detail {
    init(_ name: String, _ text: String) { self.init(name: name, value: .text(text)) }
    init(_ name: String, _ number: some BinaryInteger) {
        self.init(name: name, value: .integer(Int64(clamping: number)))
    }
    init(_ name: String, _ number: Double) { self.init(name: name, value: .number(number)) }
}

extension AgentEvent.Kind {
    /// How it is logged; nil where the part that it happens to has its own words for it.
    var level: Logger.Level? {
        switch self {
        case .deviceSilent, .outOfRange, .diskLow, .recordsLost: .warning
        case .deviceBack, .inRange, .diskEnough, .clockSet: .notice
        case .agentStarted, .agentStopped, .agentReloaded, .reloadRefused, .linkUp, .linkDown, .uplinkUp, .uplinkDown,
            .credentialExpiring, .credentialRenewed:
            nil
        }
    }
}
