import AgentTestKit
import Records
import Simulation
import Testing

@testable import Uplinks

/// Amazon Kinesis, as moto has it behind a front that checks signatures with AWS's own code and refuses as Kinesis
/// does; read back by AWS's SDK.
@Suite(.enabled(if: PythonPeer.isReady, Comment(rawValue: PythonPeer.absence)))
struct KinesisServiceTests {
    private static let key =
        "[default]\naws_access_key_id = AKIDEXAMPLE\n"
        + "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY\n"
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder("key")
        try folder.write("aws", Self.key)
    }

    private func server(_ options: String...) async throws -> HTTPPeer {
        try await HTTPPeer(
            nil, interpreter: PythonPeer.interpreter, options: options, script: "kinesis_server.py")
    }

    private func uplink(
        _ peer: HTTPPeer, _ content: MessageContent, stream: String = "telemetry", recordsMax: Int = 60
    ) throws -> HTTPUplink {
        let form = KinesisForm(
            url: try HTTPURL(peer.url), stream: try RecordTemplate(stream, as: "data stream"),
            key: try RecordTemplate("{device}", as: "partition key"), content: content, gateway: Sample.gateway,
            recordsMax: recordsMax)
        let signer = AmazonSigner(
            region: "eu-central-1", service: "kinesis",
            source: .file(CredentialFile(path: folder.file("aws"), holding: .text)), clock: WallClock())
        return HTTPUplink(
            gateway: Sample.gateway, form: form, signer: signer, exchange: HTTPLink(.init()), clock: WallClock())
    }

    /// Records of seven devices, in turn.
    private static func records(_ count: Int) -> [Record] {
        (1...UInt64(count)).map { number in
            Sample.record(number, topic: "sensors/hall/t\(number % 7)", payload: "{\"n\":\(number)}".utf8)
        }
    }

    private func events(in peer: HTTPPeer) async throws -> [HTTPPeer.Event] {
        try HTTPPeer.events(in: await PythonPeer.run("kinesis_read.py", ["\(peer.port)"]))
    }

    /// Sequence numbers of each partition key, in the order of its shard.
    private func orders(_ events: [HTTPPeer.Event]) -> [[UInt64]] {
        Dictionary(grouping: events.filter { $0.id?.contains("-") == false || $0.sequence != nil }, by: \.key).values
            .map { $0.compactMap(\.sequence) }
    }

    @Test(arguments: [true, false])
    func `records arrive under the key of their device, in order, and word of a loss with them`(isBatch: Bool)
        async throws
    {
        let peer = try await server()
        let uplink = try uplink(peer, isBatch ? .batch(CloudEventsEncoder()) : .events)
        var forwarding = Forwarding(Self.records(300))
        await forwarding.run(uplink)
        #expect(forwarding.left.isEmpty && forwarding.rejected.isEmpty, "\(forwarding.reasons)")
        #expect(await uplink.send(Sample.loss) == .acknowledged(through: Sample.loss.last))
        await uplink.close()
        let events = try await events(in: peer)
        #expect(events.count == 301 && Set(events.compactMap(\.id)).count == 301)
        #expect(events.allSatisfy { $0.type == (isBatch ? "batch" : "event") || $0.sequence == nil })
        #expect(events.filter { $0.key == "unknown" }.compactMap(\.id).map { $0.hasSuffix("/3-9") } == [true])
        let kept = events.filter { $0.key != "unknown" }
        for (key, ofKey) in Dictionary(grouping: kept, by: \.key) {
            #expect(ofKey.compactMap(\.sequence) == (1...300).filter { "t\($0 % 7)" == key })
        }
        // One Kinesis record for each device and request, where it holds many records.
        let counts = try peer.requests.compactMap { $0.fields["count"] }
        #expect(isBatch ? counts.dropLast().allSatisfy { $0 == "7" } : counts.contains("60"))
    }

    @Test func `P2 what Kinesis throttles is sent again alone, and the order within a key is kept`() async throws {
        let peer = try await server("--throttle", "5", "--fail", "11")
        let uplink = try uplink(peer, .batch(CloudEventsEncoder()))
        var forwarding = Forwarding(Self.records(300))
        await forwarding.run(uplink, retriesMax: 200)
        #expect(forwarding.left.isEmpty && forwarding.rejected.isEmpty, "\(forwarding.reasons)")
        #expect(forwarding.alarms == 0 && forwarding.retries > 0)
        #expect(forwarding.reasons.contains { $0.contains("ProvisionedThroughputExceededException: Rate exceeded") })
        await uplink.close()
        let events = try await events(in: peer)
        #expect(events.count == 300)
        for ofKey in orders(events) { #expect(ofKey == ofKey.sorted()) }
    }

    @Test func `P2 single events that were throttled come once, and nothing new before them`() async throws {
        let peer = try await server("--throttle", "5", "--fail", "11")
        let uplink = try uplink(peer, .events)
        var forwarding = Forwarding(Self.records(300))
        await forwarding.run(uplink, retriesMax: 200)
        #expect(forwarding.left.isEmpty && forwarding.rejected.isEmpty, "\(forwarding.reasons)")
        await uplink.close()
        let events = try await events(in: peer)
        #expect(events.compactMap(\.sequence).sorted() == Array(1...300))
        // What a request brought is behind what was left of the one before: a request holds 60.
        for ofKey in orders(events) {
            #expect(zip(ofKey, ofKey.dropFirst()).allSatisfy { $0 < $1 + 60 })
        }
    }

    @Test func `a stream that is throttled as a whole is a retry, and one that is not there an alarm`() async throws {
        let peer = try await server("--refuse", "2")
        let throttled = try uplink(peer, .events)
        for _ in 1...2 {
            guard case .retry(_, let reason, false) = await throttled.send(Sample.batch(count: 3)) else {
                Issue.record("throttling is a retry")
                return
            }
            #expect(reason == "HTTP 400 ProvisionedThroughputExceededException: Rate exceeded for shard")
        }
        #expect(await throttled.send(Sample.batch(count: 3)) == .acknowledged(through: SequenceNumber(3)))
        let absent = try uplink(peer, .events, stream: "nowhere")
        guard case .retry(_, let reason, true) = await absent.send(Sample.batch(count: 3)) else {
            Issue.record("a stream that is not there is an alarm")
            return
        }
        #expect(reason.contains("ResourceNotFoundException"))
        for uplink in [throttled, absent] { await uplink.close() }
    }

    @Test func `a wrong key rejects nothing, and one that is put right on disk delivers everything`() async throws {
        let peer = try await server()
        try folder.write("aws", Self.key.replacing("wJal", with: "wrong"))
        let uplink = try uplink(peer, .events)
        var forwarding = Forwarding(Self.records(100))
        await forwarding.run(uplink, retriesMax: 60)
        #expect(forwarding.left.count == 100 && forwarding.rejected.isEmpty && forwarding.alarms == 60)
        #expect(forwarding.reasons.allSatisfy { $0.contains("InvalidSignatureException") && !$0.contains("wrong") })
        try folder.write("aws", Self.key)
        await forwarding.run(uplink)
        #expect(forwarding.left.isEmpty && forwarding.rejected.isEmpty)
        await uplink.close()
        #expect(try await events(in: peer).count == 100)
    }

    @Test func `P8 one poison record is rejected, and the others arrive`() async throws {
        let peer = try await server("--poison", "poison")
        let uplink = try uplink(peer, .batch(CloudEventsEncoder()))
        var records = Self.records(200)
        records[122] = Sample.record(123, topic: "sensors/hall/t4", payload: "{\"poison\":1}".utf8)
        var forwarding = Forwarding(records)
        await forwarding.run(uplink)
        #expect(forwarding.rejected == [123] && forwarding.left.isEmpty)
        #expect(forwarding.reasons.first == "HTTP 400 ValidationException: no such unit")
        await uplink.close()
        #expect(try await events(in: peer).count == 199)
    }
}

/// What requests to Kinesis hold, and what its answers mean, without a socket.
@Suite struct KinesisFormTests {
    private func form(_ content: MessageContent = .events, key: String = "{device}") throws -> KinesisForm {
        KinesisForm(
            url: try HTTPURL("https://kinesis.eu-central-1.amazonaws.com"),
            stream: try RecordTemplate("arn:aws:kinesis:eu-central-1:1:stream/{stream}", as: "data stream"),
            key: try RecordTemplate(key, as: "partition key"), content: content, gateway: Sample.gateway)
    }

    private func response(_ body: String, status: Int = 200) -> HTTPResponse {
        HTTPResponse(status: status, body: Array(body.utf8))
    }

    @Test func `a request names its stream, by its ARN where that is given, and its keys are within bounds`() throws {
        var form = try form(key: "{topic}")
        let topic = String(repeating: "\u{E4}", count: 300)
        let batch = Sample.batch([Sample.record(1, topic: topic)])
        let request = form.request(for: batch.records[...], of: batch)
        let text = String(decoding: request.body, as: UTF8.self)
        #expect(text.hasPrefix("{\"StreamARN\":\"arn:aws:kinesis:eu-central-1:1:stream/telemetry\",\"Records\":[{"))
        #expect(text.hasSuffix("\"PartitionKey\":\"\(topic.prefix(256))\"}]}"))
        #expect(request.fields["x-amz-target"] == "Kinesis_20131202.PutRecords")
    }

    @Test func `what an answer does not speak of was not taken`() throws {
        var form = try form(.batch(CloudEventsEncoder()))
        let batch = Sample.batch((1...4).map { Sample.record($0, topic: "a/t\($0 % 2)") })
        _ = form.request(for: batch.records[...], of: batch)
        let silence = RecordVerdict.retry(reason: "the response does not speak of every record")
        for text in ["", "{}", "{\"Records\":[", "{\"Records\":[{}]}", "[]", "{\"Records\":{}}"] {
            #expect(form.verdict(on: response(text), recordCount: 4) == .each(Array(repeating: silence, count: 4)))
        }
        let first = "{\"FailedRecordCount\":0,\"Records\":[{\"SequenceNumber\":\"1\",\"ShardId\":\"s\"}]}"
        #expect(form.verdict(on: response(first), recordCount: 4) == .each([.accepted, silence, .accepted, silence]))
        let second =
            "{\"Records\":[{\"ErrorCode\":\"KMSAccessDeniedException\",\"ErrorMessage\":\"no\"},"
            + "{\"SequenceNumber\":\"2\"}]}"
        let denied = RecordVerdict.retry(reason: "KMSAccessDeniedException: no", isAlarm: true)
        #expect(form.verdict(on: response(second), recordCount: 4) == .each([denied, .accepted, denied, .accepted]))
    }

    @Test(arguments: [
        ("ValidationException", 400, "refused"), ("InvalidArgumentException", 400, "refused"),
        ("com.amazonaws.kinesis.v20131202#SerializationException", 400, "refused"),
        ("ExpiredTokenException", 400, "unauthorized"), ("AccessDeniedException", 400, "unauthorized"),
        ("UnrecognizedClientException", 403, "unauthorized"), ("ThrottlingException", 400, "retry"),
        ("KMSThrottlingException", 400, "retry"), ("InternalFailure", 500, "retry"),
        ("ServiceUnavailable", 503, "retry"),
        ("ResourceNotFoundException", 400, "alarm"), ("KMSDisabledException", 400, "alarm"),
        ("SomethingNewException", 400, "alarm"),
    ])
    func `only an error that speaks of the records rejects`(name: String, status: Int, meaning: String) throws {
        let verdict = try form().verdict(
            on: response("{\"__type\":\"\(name)\",\"message\":\"first\\nsecret\"}", status: status), recordCount: 3)
        let reason = "HTTP \(status) \(name.split(separator: "#").last ?? ""): first"
        switch meaning {
        case "refused": #expect(verdict == .refused(reason: reason))
        case "unauthorized": #expect(verdict == .unauthorized(reason: reason))
        default: #expect(verdict == .retry(after: nil, reason: reason, isAlarm: meaning == "alarm"))
        }
    }

    @Test func `an error without a name is what its status says`() throws {
        #expect(
            try form().verdict(on: response("busy", status: 429), recordCount: 1)
                == .retry(after: nil, reason: "HTTP 429 Too Many Requests: busy", isAlarm: false))
    }
}
