import Records
import Uplinks

/// A destination, and how far it is.
public struct UplinkStatus: Sendable {
    /// What it does at present.
    public enum State: String, Sendable {
        /// It is connected as far as it needs to be, and what comes is confirmed.
        case delivering
        /// Nothing was sent yet.
        case idle
        /// The last attempt failed; it is tried again.
        case failing
        /// A window, a limit or a budget holds something back.
        case waiting
        /// A person has paused it.
        case paused
    }

    /// One stream of it. `accepted = forwarded + held + lost + rejected`, always (promise P3).
    public struct Stream: Sendable {
        /// The stream.
        public var name: StreamName
        /// Records accepted since the uplink was there.
        public var accepted: UInt64 = 0
        /// Records that the destination has confirmed.
        public var forwarded: UInt64 = 0
        /// Records that are in the log and not yet confirmed.
        public var held: UInt64 = 0
        /// Records that were gone before they were confirmed.
        public var lost: UInt64 = 0
        /// Records that the destination will never take.
        public var rejected: UInt64 = 0
        /// Everything up to here is done with.
        public var position: Position

        /// A stream of which nothing is done.
        public init(name: StreamName, position: Position) {
            self.name = name
            self.position = position
        }
    }

    /// As in the configuration.
    public var name: UplinkName
    /// `mqtt`, `kafka` or `http`.
    public var kind: String
    /// Where the records go.
    public var address: String
    /// What it does at present.
    public var state = State.idle
    /// Why the last attempt failed, in words; nil after a success.
    public var problem: String?
    /// Whether a person is needed.
    public var isAlarm = false
    /// Why something is held back although nothing is wrong.
    public var waiting: String?
    /// How long until the next attempt; nil while none waits.
    public var nextTry: Duration?
    /// How long the oldest record that is not confirmed has waited; zero where all is confirmed.
    public var delay = Duration.zero
    /// Records confirmed in a second, over the last ten.
    public var rate: Double?
    /// In the order of the configuration.
    public var streams: [Stream] = []
    /// What went over the wire since the start.
    public var wire = LinkCounters()
    /// What the link may carry, in words; nil without a limit.
    public var limit: String?
    /// What is left of a budget; nil without one.
    public var budget: BudgetStatus?
    /// When it may be connected, in words.
    public var windows: [String] = []
    /// Certificates that the link needs, and how long they are valid.
    public var certificates: [CertificateStatus] = []
    /// Records confirmed in each of the last minutes, the newest last; at most an hour.
    public var history: [Double] = []

    /// An uplink of which nothing is known yet.
    public init(name: UplinkName, kind: String, address: String) {
        self.name = name
        self.kind = kind
        self.address = address
    }
}

/// What is left of a link's budget.
public struct BudgetStatus: Sendable {
    /// Bytes of one period.
    public var limit: UInt64
    /// Bytes moved in the present one.
    public var used: UInt64
    /// `day` or `month`.
    public var period: String

    /// A budget and its use.
    public init(limit: UInt64, used: UInt64, period: String) {
        self.limit = limit
        self.used = used
        self.period = period
    }
}

/// How long a certificate, or a token that says so itself, is valid.
public struct CertificateStatus: Sendable {
    /// The file that it is in.
    public var file: String
    /// `client`, `authority` or `secret`.
    public var role: String
    /// Its last moment, milliseconds since 1970; of several in a file the earliest, of authorities the latest.
    public var notAfterMilliseconds: Int64

    /// A certificate in a file.
    public init(file: String, role: String, notAfterMilliseconds: Int64) {
        self.file = file
        self.role = role
        self.notAfterMilliseconds = notAfterMilliseconds
    }

    /// What is known of a credential; nil where it has no end.
    init?(_ status: CredentialWatch.Status) {
        guard let validity = status.validity else { return nil }
        let role =
            switch status.credential.kind {
            case .authority: "authority"
            case .certificate: "client"
            case .secret: "secret"
            }
        self.init(
            file: status.credential.path, role: role,
            notAfterMilliseconds: validity.end.multipliedReportingOverflow(by: 1000).partialValue)
    }

    /// Whole days until it ends, by a clock; below zero when it has ended.
    public func daysLeft(at wallMilliseconds: Int64) -> Int {
        Int((Double(notAfterMilliseconds - wallMilliseconds) / 86_400_000).rounded(.down))
    }
}
