import AgentTestKit
import Records
import Simulation
import Testing

@testable import Uplinks

/// Requests as the services want them, read on the far side of a socket by the vendors' own published types.
@Suite(.enabled(if: PythonPeer.isReady, Comment(rawValue: PythonPeer.absence)))
struct HTTPServiceTests {
    private static let limits = RequestLimits(recordsMax: 40, sizeTarget: 64 << 10)

    private func peer(_ behaviour: String) async throws -> HTTPPeer {
        try await HTTPPeer(behaviour, interpreter: PythonPeer.interpreter)
    }

    private func uplink(_ form: some RequestForm, signer: any RequestSigner = NoSigner()) -> HTTPUplink {
        HTTPUplink(
            gateway: Sample.gateway, form: form, signer: signer, exchange: HTTPLink(.init()), clock: WallClock())
    }

    /// Sends records of every kind and a word of a loss; gives what the far side has read.
    private func deliver(_ uplink: HTTPUplink, to peer: HTTPPeer, count: Int = 90) async throws -> [HTTPPeer.Event] {
        var records = (1...UInt64(count)).map { number in
            Sample.record(number, topic: "sensors/hall \(number % 3)/t\(number % 7)", payload: "{\"n\":\(number)}".utf8)
        }
        records[1] = Sample.record(2, payload: [0, 0xFF, 0xFE])
        records[2] = Sample.record(
            3, topic: "sensors/Gr\u{F6}\u{DF}e", payload: "21,5 \u{B0}C".utf8,
            properties: RecordProperties(
                contentType: "text/plain", userProperties: [.init(name: "room", value: "K\u{FC}che \"1\"")],
                isPayloadUTF8: true, device: "th\u{E4}r 1"))
        var forwarding = Forwarding(records)
        await forwarding.run(uplink)
        #expect(forwarding.rejected.isEmpty, "\(forwarding.reasons)")
        #expect(forwarding.left.isEmpty, "\(forwarding.reasons)")
        #expect(await uplink.send(Sample.loss) == .acknowledged(through: Sample.loss.last))
        await uplink.close()
        return try peer.events
    }

    private func url(_ peer: HTTPPeer) throws -> HTTPURL { try HTTPURL(peer.url) }

    @Test(arguments: ["batch", "structured", "binary"])
    func `CloudEvents of every mode are what the SDK of CloudEvents reads`(mode: String) async throws {
        let peer = try await peer("cloudevents")
        let url = try URLTemplate(peer.url + "/in")
        let form: any RequestForm =
            switch mode {
            case "batch": BatchForm(url: url, encoder: CloudEventsEncoder(), limits: Self.limits)
            case "structured": BatchForm.structured(url: url, limits: Self.limits)
            default: RecordForm(url: url, gateway: Sample.gateway)
            }
        let events = try await deliver(uplink(form), to: peer)
        #expect(events.dropLast().map(\.sequence) == (1...90).map { $0 })
        #expect(events.last?.id?.hasSuffix("/3-9") == true)
        #expect(events[2].subject?.contains("Gr") == true)
        let requests = try peer.requests
        #expect(mode == "batch" ? requests.count < 10 : requests.count == 91)
    }

    @Test(arguments: [false, true])
    func `Azure Event Grid takes batches, with a key or with a signature of it`(isSigned: Bool) async throws {
        let peer = try await peer("event-grid")
        let folder = try TemporaryFolder("key")
        try folder.write("key", "dG9waWMta2V5LW9mLXNpeHRlZW4tYnl0ZXM=\n")
        let file = CredentialFile(path: folder.file("key"))
        let signer: any RequestSigner =
            isSigned
            ? SharedAccessSigner(.eventGrid, file: file, clock: WallClock())
            : FieldSigner(name: "aeg-sas-key", file: file)
        let form = BatchForm.eventGrid(url: try url(peer), recordsMax: 40, sizeTarget: 64 << 10)
        let events = try await deliver(uplink(form, signer: signer), to: peer)
        #expect(events.dropLast().map(\.sequence) == (1...90).map { $0 })
    }

    @Test func `Azure Event Hubs takes batches of one key each, in order, signed as its SDK signs`() async throws {
        let peer = try await peer("event-hubs")
        let folder = try TemporaryFolder("key")
        try folder.write(
            "hub", "Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=a+b/c=\n")
        let form = EventHubsForm(
            url: try HTTPURL(peer.url + "/hub"), key: try RecordTemplate("{device}", as: "key"),
            gateway: Sample.gateway)
        let signer = SharedAccessSigner(
            .eventHubs, file: CredentialFile(path: folder.file("hub")), clock: WallClock())
        let events = try await deliver(uplink(form, signer: signer), to: peer)
        #expect(events.dropLast().compactMap(\.sequence).sorted() == (1...90).map { $0 })
        for (_, ofKey) in Dictionary(grouping: events.dropLast(), by: \.key) {
            #expect(ofKey.compactMap(\.sequence) == ofKey.compactMap(\.sequence).sorted())
        }
        #expect(Set(events.compactMap(\.key)) == ["t0", "t1", "t2", "t3", "t4", "t5", "t6", "th\u{E4}r 1", "unknown"])
        let binary = try #require(events.first { $0.sequence == 2 })
        #expect(binary.data == "AP/+" && binary.encoding == "base64")
        let text = try #require(events.first { $0.sequence == 3 })
        #expect(text.data == "21,5 \u{B0}C" && text.type == "text/plain" && text.encoding == nil)
    }

    @Test func `InfluxDB takes line protocol`() async throws {
        let peer = try await peer("influx")
        let folder = try TemporaryFolder("token")
        try folder.write("token", "geheim\n")
        let form = BatchForm.influx(
            url: try url(peer), organisation: "plant 7", bucket: "sensors", limits: Self.limits)
        let signer = FieldSigner(
            name: "authorization", prefix: "Token ", file: CredentialFile(path: folder.file("token")))
        let uplink = uplink(form, signer: signer)
        var forwarding = Forwarding(Sample.batch(count: 90).records)
        await forwarding.run(uplink)
        #expect(forwarding.rejected.isEmpty && forwarding.left.isEmpty, "\(forwarding.reasons)")
        await uplink.close()
        #expect(try peer.events.map(\.sequence) == (1...90).map { $0 })
    }

    @Test func `Solace takes one message per request, on its topic, persistent`() async throws {
        let peer = try await peer("solace")
        let folder = try TemporaryFolder("password")
        try folder.write("password", "geheim\n")
        let topic = try RecordTemplate("gateways/{gateway}/{topic}", as: "topic")
        let form = RecordForm(
            url: .solace(try url(peer), topic: topic), style: .solace, gateway: Sample.gateway)
        let signer = PasswordSigner(username: "gw", file: CredentialFile(path: folder.file("password")))
        let uplink = uplink(form, signer: signer)
        var forwarding = Forwarding(Sample.batch(count: 30).records)
        await forwarding.run(uplink)
        #expect(forwarding.rejected.isEmpty && forwarding.left.isEmpty, "\(forwarding.reasons)")
        #expect(await uplink.send(Sample.loss) == .acknowledged(through: Sample.loss.last))
        await uplink.close()
        let events = try peer.events
        #expect(events.dropLast().map(\.sequence) == (1...30).map { $0 })
        #expect(events.first?.path == "/TOPIC/gateways/plant7-gw2/sensors/hall3/t1")
        #expect(events.last?.path == "/TOPIC/gateways/plant7-gw2/millrace/lost")
    }

    @Test func `Confluent REST: what a report did not take comes again alone, and what it never takes is rejected`()
        async throws
    {
        let peer = try await peer("confluent")
        let form = ConfluentForm(
            url: try url(peer), cluster: "lkc-1", topic: try RecordTemplate("telemetry", as: "topic"),
            key: try RecordTemplate("{device}", as: "key"), gateway: Sample.gateway, recordsMax: 40)
        var records = Sample.batch(count: 100).records
        records[32] = Sample.record(33, payload: "poison".utf8)
        let uplink = uplink(form)
        var forwarding = Forwarding(records)
        await forwarding.run(uplink)
        #expect(forwarding.rejected == [33])
        #expect(forwarding.reasons.contains { $0.contains("Produce failed: poison.") })
        #expect(forwarding.left.isEmpty)
        await uplink.close()
        let counts = Dictionary(grouping: try peer.events.compactMap(\.sequence), by: { $0 }).mapValues(\.count)
        #expect((1...100).allSatisfy { counts[$0] == ($0 % 5 == 0 ? 2 : 1) })
        #expect(try peer.events.allSatisfy { $0.key == "t1" })
    }

    @Test(arguments: [BatchFormat.cloudevents, .json, .influx])
    func `a Kafka message of Confluent REST, and one of Event Hubs, can hold a batch`(format: BatchFormat) async throws
    {
        let kafka = try await peer("confluent")
        let produced = uplink(
            ConfluentForm(
                url: try url(kafka), cluster: "lkc-1", topic: try RecordTemplate("telemetry", as: "topic"),
                content: .batch(format.makeEncoder()), gateway: Sample.gateway, recordsMax: 40))
        #expect(await produced.send(Sample.batch(count: 100)) == .acknowledged(through: SequenceNumber(100)))
        await produced.close()
        #expect(try kafka.events.map(\.type) == Array(repeating: format.makeEncoder().contentType, count: 3))
    }
}
