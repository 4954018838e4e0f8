import Agent
import HTTPTypes

/// Something that can be asked: one list for the server, its OpenAPI document and the tests.
struct Endpoint: Sendable {
    /// What is asked.
    enum Question: String, Sendable {
        case health, readiness, status, devices, metrics, configuration, records, live, append, pause, resume, replay
        case reload, identify, description
    }

    /// A part of the query.
    struct Parameter: Sendable {
        /// What it may be.
        enum Kind: Sendable {
            /// Text that fits a pattern (ECMA-262).
            case text(pattern: String)
            /// A whole number.
            case integer(ClosedRange<Int>)
            /// `true` or `false`.
            case flag
        }

        let name: String
        let kind: Kind
        var isRequired = false
        let meaning: String
    }

    let question: Question
    let method: HTTPRequest.Method
    let path: String
    /// What somebody must be allowed to do; nil: nothing.
    let role: AdminConfiguration.Role?
    let meaning: String
    var parameters: [Parameter] = []
    /// Statuses with the kind of body of each; errors are JSON everywhere.
    var answers: [(status: Int, contentType: String)] = [(200, "application/json")]

    /// All that there are, but for pages.
    static let all: [Endpoint] = views + records + actions

    private static let views = [
        Endpoint(.health, .get, "/healthz", nil, "Whether the process answers."),
        Endpoint(
            .readiness, .get, "/readyz", .read, "Whether all is done that should be, and what is not.",
            answers: [(200, "application/json"), (503, "application/json")]),
        Endpoint(.status, .get, "/status", .read, "Everything: see docs/admin.md."),
        Endpoint(.devices, .get, "/devices", .read, "Devices behind serial ports, with their last readings."),
        Endpoint(
            .metrics, .get, "/metrics", .read, "Prometheus' text format; OpenMetrics 1.0 where Accept asks for it.",
            answers: [(200, "text/plain"), (200, "application/openmetrics-text")]),
        Endpoint(.configuration, .get, "/config", .read, "The configuration in force, without what may be secret."),
        Endpoint(.description, .get, "/openapi.json", .read, "This document."),
    ]

    private static let records = [
        Endpoint(
            .records, .get, "/records", .read, "Records of a stream in their order.",
            [
                stream, from("where to begin; oldest where it is absent"),
                Parameter(
                    name: "limit", kind: .integer(1...1000), meaning: "records of a page; 100 where it is absent"),
            ], answers: [(200, "application/json"), (404, "application/json")]),
        Endpoint(
            .live, .get, "/records/live", .read, "Records as they come, as server-sent events.",
            [
                stream, from("where to begin; newest where it is absent"),
                Parameter(name: "topic", kind: .text(pattern: ".+"), meaning: "an MQTT topic filter"),
            ], answers: [(200, "text/event-stream"), (404, "application/json"), (503, "application/json")]),
        Endpoint(
            .append, .post, "/records", .write, "Writes a record; the answer comes when it is on the disk.",
            [
                Parameter(
                    name: "topic", kind: .text(pattern: "^[^+#\\u0000]+$"), isRequired: true,
                    meaning: "as if it were published there"),
                stream,
            ],
            answers: [
                (201, "application/json"), (404, "application/json"), (413, "application/json"),
                (503, "application/json"),
            ]),
    ]

    private static let actions = [
        Endpoint(
            .pause, .post, "/actions/pause", .write, "Ends the link of an uplink until it is resumed.", [uplink],
            answers: done),
        Endpoint(.resume, .post, "/actions/resume", .write, "Lets an uplink go on.", [uplink], answers: done),
        Endpoint(
            .replay, .post, "/actions/replay", .write,
            "Sends a part of a stream once more, marked as a replay, beside what is new.",
            [
                uplink, stream, bound("from", "the first record, or the time from which on; else the oldest held"),
                bound("to", "the last record, or the time before which; else the newest"),
                Parameter(name: "unfiltered", kind: .flag, meaning: "also what the uplink's filters leave out"),
                Parameter(name: "rejected", kind: .flag, meaning: "instead, what the uplink rejected and is kept"),
            ], answers: done),
        Endpoint(.reload, .post, "/actions/reload", .write, "Reads the configuration again.", answers: done),
        Endpoint(
            .identify, .post, "/actions/identify", .write, "Finds out what is at a port that no source reads.",
            [Parameter(name: "port", kind: .text(pattern: "^/dev/.+"), isRequired: true, meaning: "its path")],
            answers: done),
    ]

    private static let done = [
        (200, "application/json"), (404, "application/json"), (409, "application/json"), (503, "application/json"),
    ]
    private static let stream = name("stream", "the stream; telemetry where it is absent")
    private static let uplink = name("uplink", "the uplink", isRequired: true)

    private static func name(_ name: String, _ meaning: String, isRequired: Bool = false) -> Parameter {
        Parameter(name: name, kind: .text(pattern: "^[a-z][a-z0-9_-]{0,31}$"), isRequired: isRequired, meaning: meaning)
    }

    private static func bound(_ name: String, _ meaning: String) -> Parameter {
        let time = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?Z"
        return Parameter(
            name: name, kind: .text(pattern: "^(([0-9a-f]{16}/)?[1-9][0-9]{0,17}|\(time))$"), meaning: meaning)
    }

    private static func from(_ meaning: String) -> Parameter {
        Parameter(
            name: "from",
            kind: .text(pattern: "^(oldest|newest|-[0-9]{1,18}|[1-9][0-9]{0,17}|[0-9a-f]{16}/[1-9][0-9]{0,17})$"),
            meaning: meaning)
    }

    private init(
        _ question: Question, _ method: HTTPRequest.Method, _ path: String, _ role: AdminConfiguration.Role?,
        _ meaning: String, _ parameters: [Parameter] = [],
        answers: [(status: Int, contentType: String)] = [(200, "application/json")]
    ) {
        self.question = question
        self.method = method
        self.path = path
        self.role = role
        self.meaning = meaning
        self.parameters = parameters
        self.answers = answers
    }
}
