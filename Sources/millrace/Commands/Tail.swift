import AdminHTTP
import ArgumentParser
import Glibc
import MQTTTransport
import Records

struct Tail: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show records as the running agent takes them in.",
        discussion: """
            Reads a stream of the log through the agent's socket, from the newest record on, or from any that is still \
            held. When the agent is restarted it goes on behind the last record: nothing that is held is left out. \
            --json prints one JSON object a line, for jq:

                millrace tail --json --topic 'sensors/#' | jq .data

            What is in a log while no agent runs is shown by millrace log tail.
            """)

    @OptionGroup var place: AgentPlace
    @Option(help: "The stream.") var stream = "telemetry"
    @Option(
        // -N is a value, not an option.
        parsing: .unconditional,
        help: """
            Where to begin: newest, oldest, -N for the last N records, a sequence number, or <epoch>/<sequence>.
            """)
    var from = "newest"
    @Option(help: "Only records whose topic fits this MQTT topic filter.") var topic: String?
    @Option(help: "Only records of this device.") var device: String?
    @Option(name: [.customShort("n"), .customLong("lines")], help: "End after so many records.") var count: Int?
    @Flag(help: "Print JSON, one object a line.") var json = false

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--lines takes a number above 0") }
        if let topic, !MQTTTopicFilter.isValid(topic) {
            throw ValidationError("'\(topic)' is no topic filter (MQTT 5.0, 4.7), such as sensors/# or +/temperature")
        }
    }

    func run() async throws {
        // The end of whoever reads is the end of the command: `millrace tail | head`.
        signal(SIGPIPE, SIG_IGN)
        let client = try place.client()
        var follower = TailFollower(device: device, isJSON: json, left: count ?? .max)
        while true {
            switch await follow(client, &follower) {
            case .done: return
            case .refused(let reason):
                printError("millrace: \(reason)")
                throw ExitCode.failure
            case .interrupted(let reason):
                printError("millrace: \(reason); trying again")
                try await Task.sleep(for: .seconds(1))
            }
        }
    }

    private enum Ending { case done, refused(String), interrupted(String) }

    /// Follows until enough has come, or something is in the way.
    private func follow(_ client: AdminClient, _ follower: inout TailFollower) async -> Ending {
        do throws(AdminClientError) {
            let answer = try await client.follow(target, after: follower.last) { follower.take($0) }
            if follower.isDone { return .done }
            guard let answer else { return .interrupted(follower.reason ?? "the agent has closed the stream") }
            let reason = JSONTree(answer.body)?["error"]?.string ?? "the agent answers with HTTP \(answer.status)"
            // Unavailable now, such as when as many read already as may.
            return follower.hasBegun && answer.status == 503 ? .interrupted(reason) : .refused(reason)
        } catch {
            return follower.hasBegun ? .interrupted("\(error)") : .refused("\(error)")
        }
    }

    private var target: String {
        var parts = ["stream=\(AdminClient.encoded(stream))", "from=\(AdminClient.encoded(from))"]
        if let topic { parts.append("topic=\(AdminClient.encoded(topic))") }
        return "/records/live?" + parts.joined(separator: "&")
    }
}
