import MQTTTransport

/// What the end of a publish means for the first message that was not confirmed.
enum PublishVerdict: Equatable {
    /// There is none: all were confirmed.
    case complete
    /// It may be taken later.
    case transient(reason: String, isAlarm: Bool)
    /// It is too large, as it stands.
    case tooLarge(reason: String)
    /// It will never be taken, as it stands.
    case poison(reason: String)

    /// Why it was not confirmed; empty where all were.
    var reason: String {
        switch self {
        case .complete: ""
        case .transient(let reason, _), .tooLarge(let reason), .poison(let reason): reason
        }
    }

    init(_ ending: PublishReport.Ending) {
        switch ending {
        case .complete, .exhausted:
            self = .complete
        case .disconnected(let reason), .dropped(let reason):
            self = .transient(reason: reason, isAlarm: false)
        case .barred(let reason):
            self = .transient(reason: reason, isAlarm: true)
        case .timedOut:
            self = .transient(reason: "the broker did not acknowledge in time", isAlarm: false)
        case .unsendable(let reason):
            self = .tooLarge(reason: reason)
        case .refused(let code, let reason):
            self.init(reasonCode: code, reason: reason)
        }
    }

    /// PUBACK reason codes (MQTT 5.0, 3.4.2.1). Only those that speak of the message itself make it poison: not being
    /// authorised, or over a quota, is nothing that throwing records away would mend.
    private init(reasonCode: UInt8, reason: String) {
        switch reasonCode {
        case 0x95: self = .tooLarge(reason: reason)
        case 0x90, 0x99: self = .poison(reason: reason)
        case 0x87: self = .transient(reason: reason, isAlarm: true)
        default: self = .transient(reason: reason, isAlarm: false)
        }
    }
}
