import Records
import StrictTOML
import Uplinks

/// `[uplinks.NAME]` with Amazon Kinesis or Google Pub/Sub as its destination.
extension AgentConfigurationReader {
    func readKinesis(_ table: TableReader, _ url: HTTPURL?) -> HTTPDestination.Endpoint? {
        table.require("data_stream", example: "\"telemetry\"")
        let stream = readTemplate(table, "data_stream", as: "data stream", allowing: [.gateway, .stream])
        let key = readTemplate(table, "key", as: "partition key", default: "{device}")
        var region = table.string("region")
        if let text = region, !Self.isRegion(text) {
            table.fail("\(quoted(text)) is no region; write one such as \"eu-central-1\"", at: "region")
            region = nil
        } else if region == nil, let url {
            region = Self.region(ofHost: url.host)
            if region == nil, !table.has("region") {
                table.fail("the url names no region of AWS; set \"region\"", at: "url")
            }
        }
        if let url, url.path != "/" || url.query != nil {
            table.fail("write https://kinesis.REGION.amazonaws.com; the stream goes into \"data_stream\"", at: "url")
            return nil
        }
        guard let url, let region, let stream, let key else { return nil }
        return .kinesis(url, region: region, stream: stream, key: key)
    }

    func readPubSub(_ table: TableReader, _ url: HTTPURL?) -> HTTPDestination.Endpoint? {
        table.require("project", example: "\"plant7\"")
        table.require("topic", example: "\"telemetry\"")
        let project = table.string("project")
        let topic = readTemplate(table, "topic", as: "topic")
        let key = readTemplate(table, "key", as: "ordering key")
        if let url, url.path != "/" || url.query != nil {
            table.fail(
                "write https://pubsub.googleapis.com; project and topic go into \"project\" and \"topic\"", at: "url")
            return nil
        }
        guard let url, let project, let topic else { return nil }
        return .pubsub(url, project: project, topic: topic, key: key)
    }

    /// The ways to prove who one is that belong to one cloud.
    func readCloudProofs(
        _ table: TableReader, _ preset: HTTPDestination.Preset
    ) -> [(key: String, proof: HTTPDestination.Proof)] {
        var proofs: [(key: String, proof: HTTPDestination.Proof)] = []
        if preset.proofs.contains(.amazon) {
            if let file = readSecret(table, "credentials_file", what: "access key", isLine: false) {
                if AmazonKey(reading: file.secret.exposed) == nil {
                    table.fail("\(file.path) holds no access key: \(AmazonSigner.keyForms)", at: "credentials_file")
                }
                proofs.append(("credentials_file", .amazonKey(file: file.path)))
            }
            if let text = table.string("credentials_url"), let url = url(text, table, "credentials_url") {
                if !url.isEncrypted, !url.isLoopback {
                    table.fail("an access key does not travel without TLS; write https://", at: "credentials_url")
                }
                if !table.has("tls") {
                    table.fail(
                        "the credential provider knows a gateway by its certificate; set \"tls\"", at: "credentials_url"
                    )
                }
                proofs.append(("credentials_url", .amazonRole(url)))
            }
        }
        if preset.proofs.contains(.google),
            let file = readSecret(table, "service_account_file", what: "key", isLine: false)
        {
            if ServiceAccount(reading: file.secret.exposed) == nil {
                table.fail(
                    "\(file.path) holds no key of a service account, the JSON of its creation",
                    at: "service_account_file")
            }
            proofs.append(("service_account_file", .serviceAccount(file: file.path)))
        }
        if preset.proofs.contains(.amazon) || preset.proofs.contains(.google), table.boolean("metadata_server") == true
        {
            proofs.append(("metadata_server", preset == .kinesis ? .amazonInstance : .googleMachine))
        }
        return proofs
    }

    /// What single keys cannot tell.
    func checkCloud(_ destination: HTTPDestination, _ table: TableReader) {
        switch destination.endpoint {
        case .kinesis:
            if destination.compression != .none {
                table.fail("Kinesis takes no compressed requests", at: "compression")
            }
            if destination.proof == .nothing {
                let keys = ["credentials_file", "credentials_url", "metadata_server"]
                if !keys.contains(where: { table.has($0) }) {
                    table.fail("Kinesis wants to know who sends; set one of \(quotedList(keys))", at: "preset")
                }
            }
        case .pubsub(let url, _, _, _):
            let keys = ["service_account_file", "metadata_server", "token_file"]
            if destination.proof == .nothing, url.host.hasSuffix("googleapis.com"),
                !keys.contains(where: { table.has($0) })
            {
                table.fail("Pub/Sub wants to know who sends; set one of \(quotedList(keys))", at: "preset")
            }
        default: break
        }
    }

    /// The region in the name of an endpoint of AWS: `kinesis.eu-central-1.amazonaws.com`, also with `-fips`, of China,
    /// dual-stack, or of a private link.
    private static func region(ofHost host: String) -> String? {
        let labels = host.split(separator: ".").map(String.init)
        guard let service = labels.firstIndex(where: { $0 == "kinesis" || $0 == "kinesis-fips" }),
            labels.indices.contains(service + 1), isRegion(labels[service + 1])
        else { return nil }
        return labels[service + 1]
    }

    /// Such as `eu-central-1` or `us-gov-west-1`.
    private static func isRegion(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.count >= 3 && Int(parts[parts.count - 1]) != nil
            && parts.dropLast().allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (0x61...0x7A).contains($0) } }
    }
}
