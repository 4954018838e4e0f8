import AgentTestKit
import Records
import Simulation
import Synchronization
import Testing

@testable import Uplinks

/// Google Cloud Pub/Sub: bodies read by Google's own types, tokens given by Google's own check of the signature, both
/// on the far side of a real socket.
@Suite(.enabled(if: PythonPeer.isReady, Comment(rawValue: PythonPeer.absence)))
struct PubSubServiceTests {
    /// An endpoint that knows the account whose public key is in a folder, and the account.
    private func service() async throws -> (peer: HTTPPeer, account: ServiceAccountFile) {
        let folder = try TemporaryFolder("public")
        let path = folder.file("public.pem")
        let peer = try await HTTPPeer("pubsub:\(path)", interpreter: PythonPeer.interpreter)
        let account = try await ServiceAccountFile(tokenURL: "\(peer.url)/token")
        try folder.write("public.pem", TemporaryFolder.contents(of: account.publicKeyFile))
        Self.kept.keep(folder)
        return (peer, account)
    }

    private static let kept = KeptFolders()

    private func uplink(
        _ peer: HTTPPeer, _ account: ServiceAccountFile, key: String? = nil, content: MessageContent = .records,
        topic: String = "telemetry"
    ) throws -> HTTPUplink {
        let form = PubSubForm(
            url: try HTTPURL(peer.url), project: "plant7", topic: try RecordTemplate(topic, as: "topic"),
            key: try key.map { try RecordTemplate($0, as: "ordering key") }, content: content, gateway: Sample.gateway)
        let signer = GoogleSigner(
            .serviceAccount(CredentialFile(path: account.path, holding: .text)),
            scope: "https://www.googleapis.com/auth/pubsub", clock: WallClock())
        return HTTPUplink(
            gateway: Sample.gateway, form: form, signer: signer, exchange: HTTPLink(.init()), clock: WallClock())
    }

    @Test func `records arrive with their identity as attributes, in order within a key`() async throws {
        let (peer, account) = try await service()
        let uplink = try uplink(peer, account, key: "{device}")
        var records = (1...90).map { number in
            Sample.record(UInt64(number), topic: "sensors/hall/t\(number % 7)", payload: "{\"n\":\(number)}".utf8)
        }
        records[1] = Sample.record(2, topic: "sensors/hall/t2", payload: [0, 0xFF])
        // Longer than an attribute may be: the record travels as one event instead.
        records[2] = Sample.record(
            3, topic: "sensors/hall/t3",
            properties: RecordProperties(
                contentType: "text/plain",
                userProperties: [.init(name: "note", value: String(repeating: "x", count: 2000))]))
        records[3] = Sample.record(4, topic: "s/" + String(repeating: "\u{E4}", count: 600) + "/t4")
        var forwarding = Forwarding(records)
        await forwarding.run(uplink)
        #expect(forwarding.left.isEmpty && forwarding.rejected.isEmpty, "\(forwarding.reasons)")
        #expect(await uplink.send(Sample.loss) == .acknowledged(through: Sample.loss.last))
        await uplink.close()
        let events = try peer.events
        #expect(events.dropLast().compactMap(\.sequence).sorted() == Array(1...90))
        #expect(events.last?.id?.hasSuffix("/3-9") == true && events.last?.key == "unknown")
        for (key, ofKey) in Dictionary(grouping: events.dropLast(), by: \.key) {
            #expect(ofKey.compactMap(\.sequence) == (1...90).filter { "t\($0 % 7)" == key })
        }
        #expect(events.filter { $0.type == "application/cloudevents+json" }.compactMap(\.sequence) == [3, 4])
        #expect(events.first { $0.sequence == 4 }?.subject?.utf8.count == 1205)
        #expect(try peer.requests.filter { $0.path == "/token" }.count == 1)
        #expect(try peer.requests.count < 30)
    }

    @Test func `without a key records share requests, each to its topic`() async throws {
        let (peer, account) = try await service()
        let uplink = try uplink(peer, account, topic: "{stream}-{device}")
        let records = (1...60).map { Sample.record(UInt64($0), topic: "sensors/t\($0 % 2)") }
        var forwarding = Forwarding(records)
        await forwarding.run(uplink)
        #expect(forwarding.left.isEmpty && forwarding.rejected.isEmpty, "\(forwarding.reasons)")
        await uplink.close()
        for (path, ofTopic) in Dictionary(grouping: try peer.events, by: \.path) {
            #expect(
                ofTopic.compactMap(\.sequence)
                    == (1...60).filter { "projects/plant7/topics/telemetry-t\($0 % 2)" == path })
        }
        #expect(try peer.requests.count < 10)
    }

    @Test func `a message can hold a batch`() async throws {
        let (peer, account) = try await service()
        let uplink = try uplink(peer, account, content: .batch(CloudEventsEncoder()))
        #expect(await uplink.send(Sample.batch(count: 100)) == .acknowledged(through: SequenceNumber(100)))
        await uplink.close()
        #expect(try peer.events.map(\.type) == ["application/cloudevents-batch+json"])
    }

    @Test func `an account whose signature is not accepted rejects nothing`() async throws {
        let (peer, _) = try await service()
        let stranger = try await ServiceAccountFile(tokenURL: "\(peer.url)/token")
        let uplink = try uplink(peer, stranger)
        guard case .retry(_, let reason, true) = await uplink.send(Sample.batch(count: 3)) else {
            Issue.record("a wrong key is a retry with an alarm")
            return
        }
        #expect(reason.contains("gives no token: HTTP 400"))
        await uplink.close()
    }
}

/// Keeps folders until the process ends.
private final class KeptFolders: Sendable {
    private let folders = Mutex<[TemporaryFolder]>([])
    func keep(_ folder: TemporaryFolder) { folders.withLock { $0.append(folder) } }
}

/// What Pub/Sub's answers mean, without a socket.
@Suite struct PubSubFormTests {
    private func verdict(_ status: Int, _ body: String, count: Int = 2) throws -> ResponseVerdict {
        let form = PubSubForm(
            url: try HTTPURL("https://pubsub.googleapis.com"), project: "p",
            topic: try RecordTemplate("t", as: "topic"),
            gateway: Sample.gateway)
        return form.verdict(on: HTTPResponse(status: status, body: Array(body.utf8)), recordCount: count)
    }

    @Test func `P2 only an id for each message is a confirmation`() throws {
        #expect(try verdict(200, "{\"messageIds\":[\"1\",\"2\"]}") == .accepted)
        #expect(try verdict(200, "{\"other\":{\"a\":[1]},\"messageIds\": [ \"1\" , \"2\" ]}") == .accepted)
        for text in [
            "", "{}", "{\"messageIds\":[\"1\"]}", "{\"messageIds\":[]}", "[\"1\",\"2\"]", "{\"messageIds\":\"12\"}",
        ] {
            guard case .retry(_, _, true) = try verdict(200, text) else {
                Issue.record("\(text) confirms nothing")
                continue
            }
        }
    }

    @Test func `only an invalid argument rejects`() throws {
        let body = "{\"error\":{\"code\":400,\"message\":\"bad\",\"status\":\"STATUS\"}}"
        guard case .refused = try verdict(400, body.replacing("STATUS", with: "INVALID_ARGUMENT")) else {
            Issue.record("an invalid argument is looked for")
            return
        }
        for text in [body.replacing("STATUS", with: "FAILED_PRECONDITION"), "<html>", ""] {
            guard case .retry(nil, _, true) = try verdict(400, text) else {
                Issue.record("\(text) is not the records' fault")
                continue
            }
        }
        guard case .unauthorized = try verdict(401, ""), case .retry(_, _, true) = try verdict(404, ""),
            case .retry(_, _, false) = try verdict(429, ""), case .retry(_, _, false) = try verdict(503, "")
        else {
            Issue.record("what the status says")
            return
        }
    }

    @Test func `an ordering key is cut between characters`() throws {
        let form = PubSubForm(
            url: try HTTPURL("https://pubsub.googleapis.com"), project: "p",
            topic: try RecordTemplate("t", as: "topic"),
            key: try RecordTemplate("{topic}", as: "ordering key"), gateway: Sample.gateway)
        for prefix in ["", "a", "ab", "abc"] {
            let topic = prefix + String(repeating: "\u{1F321}", count: 400)
            let batch = Sample.batch([Sample.record(1, topic: topic)])
            let key = try #require(form.sharedKey(of: batch.records[0], of: batch))
            #expect((1017...1024).contains(key.utf8.count) && topic.hasPrefix(key))
        }
    }
}
