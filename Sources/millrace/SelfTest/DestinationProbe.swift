import Agent
import KafkaUplink
import Records
import Threads
import Uplinks

/// Tries a destination without sending a record.
struct DestinationProbe: Sendable {
    let uplink: UplinkConfiguration
    let gateway: GatewayID

    private static let limit = Duration.seconds(15)

    private var part: String { "uplinks.\(uplink.name)" }

    func finding() async -> Finding {
        switch uplink.destination {
        case .mqtt(let destination): await BrokerProbe(uplink, destination).finding()
        case .kafka(let destination): await finding(destination)
        case .http(let destination): await finding(destination)
        }
    }

    private func finding(_ destination: KafkaDestination) async -> Finding {
        let configuration = kafkaConfiguration(uplink, destination)
        let answer: Result<KafkaProbe.Answer, KafkaError> = await withCheckedContinuation { continuation in
            let isRunning = OwnThread.start(named: "kafka-probe") {
                continuation.resume(
                    returning: Result { () throws(KafkaError) in try KafkaProbe.ask(configuration, within: Self.limit) }
                )
            }
            if !isRunning { continuation.resume(returning: .success(.init(brokers: [], topics: nil))) }
        }
        switch answer {
        case .failure(let error): return Finding(.bad, part, error.message)
        case .success(let answer):
            let brokers = "\(destination.cluster) lets us in; brokers \(answer.brokers.joined(separator: ", "))"
            let topic = destination.topic
            guard !topic.contains("{"), let topics = answer.topics else { return Finding(.good, part, brokers) }
            guard topics.contains(topic) else {
                return Finding(
                    .warning, part, "\(brokers); the topic \(topic) is not among the \(topics.count) that we may see",
                    advice: "make it, or let this user see it; many clusters make none by themselves")
            }
            return Finding(.good, part, "\(brokers); the topic \(topic) is there")
        }
    }

    /// A HEAD (RFC 9110, 9.3.2) with the proof of who we are: it has no body, and changes nothing at the other side.
    private func finding(_ destination: HTTPDestination) async -> Finding {
        var configuration = httpLinkConfiguration(destination)
        configuration.totalTimeout = min(configuration.totalTimeout, Self.limit)
        let link = HTTPLink(configuration)
        let url = destination.endpoint.url
        var request = HTTPRequest(method: "HEAD", url: url, fields: destination.headers)
        let finding: Finding
        do {
            try await makeSigner(destination, clock: SystemClock()).sign(&request, over: link)
            finding = judge(try await link.send(request), url)
        } catch {
            finding = Finding(.bad, part, "\(url): \(error)")
        }
        await link.close()
        return finding
    }

    private func judge(_ response: HTTPResponse, _ url: HTTPURL) -> Finding {
        let status = "\(url) answers HTTP \(response.status) to a HEAD"
        let figures = [Finding.Figure(name: "http_status", value: Double(response.status))]
        switch response.status {
        case 401, 403, 407:
            return Finding(
                .bad, part, "\(status): it does not let us in", advice: "check the token or key", figures: figures)
        case 404, 410:
            return Finding(
                .warning, part, "\(status)", advice: "the path may be wrong, or be there for POST only",
                figures: figures)
        case 300..<400:
            return Finding(
                .bad, part, "\(status): it points elsewhere", advice: "set the url to that", figures: figures)
        case 500...:
            return Finding(.warning, part, status, advice: "the other side has a problem of its own", figures: figures)
        default:
            return Finding(
                .good, part, status, advice: "whether it takes records shows with the first one", figures: figures)
        }
    }
}

extension HTTPDestination.Endpoint {
    /// Where requests go, with what is filled in for each record as it is written.
    fileprivate var url: HTTPURL {
        switch self {
        case .webhook(let url): url.written
        case .eventGrid(let url), .eventHubs(let url, _), .confluentREST(let url, _, _, _), .solace(let url, _),
            .influx(let url, _, _), .kinesis(let url, _, _, _), .pubsub(let url, _, _, _):
            url
        }
    }
}
