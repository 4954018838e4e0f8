import AgentTestKit
import MQTTTransport
import Records
import Testing

@Suite struct ReceivingTests {
    typealias Version = MQTTConfiguration.ProtocolVersion

    @Test(arguments: [Version.v5, .v311])
    func `a thousand messages that came while we were away arrive in order`(version: Version) async throws {
        let broker = try await Broker()
        let configuration = testConfiguration(broker.port, "in", version)
        try await prepareSession(configuration, "a/#")
        let texts = (0..<1000).map { "reading \($0)" }
        try await publish(texts, to: "a/b", through: broker.port)
        let inlet = RecordingInlet()
        let subscriber = try startSubscriber(configuration, [MQTTSubscription(filter: "a/#")], inlet)
        #expect(await eventually { inlet.committed.count >= 1000 })
        await subscriber.stop()
        #expect(inlet.committed.map(\.text) == texts)
        #expect(inlet.committed.allSatisfy { !$0.isDuplicate && $0.qos == 1 })
        #expect(subscriber.counters.messagesReceived == 1000)
        #expect(subscriber.counters.bytesReceived == UInt64(texts.map(\.utf8.count).reduce(0, +)))
        #expect(inlet.events.first == .connected(isSessionPresent: true, isFirst: true))
    }

    @Test func `many packets in TLS records arrive without waiting for the next byte`() async throws {
        let authority = try await CertificateAuthority()
        var options = Broker.Options()
        options.tls = .init(
            authorityFile: authority.certificateFile, certificate: try await authority.issue("server"))
        let broker = try await Broker(options)
        var configuration = testConfiguration(broker.port, "in")
        configuration.tls = .init(authorityFile: authority.certificateFile)
        let inlet = RecordingInlet()
        let subscriber = try startSubscriber(configuration, [MQTTSubscription(filter: "a/#")], inlet)
        #expect(await eventually { subscriber.isSubscribed })
        var feeder = configuration
        feeder.clientID = "feeder"
        let publisher = try await startPublisher(feeder)
        #expect(await publisher.waitUntilConnected())
        // More than the 277 after which libmosquitto's wake-up pipe is full and leaves EAGAIN behind.
        let report = await publisher.publish(count: 2000) { message("a/b", "\($0)") }
        #expect(report == PublishReport(confirmed: 2000, ending: .complete))
        #expect(await eventually { inlet.committed.count == 2000 })
        #expect(inlet.committed.map(\.text) == (0..<2000).map { "\($0)" })
        await publisher.stop()
        await subscriber.stop()
    }

    @Test func `MQTT 5 properties arrive as they were sent`() async throws {
        let broker = try await Broker()
        let inlet = RecordingInlet()
        let subscriber = try startSubscriber(
            testConfiguration(broker.port, "in"), [MQTTSubscription(filter: "a/#")], inlet)
        #expect(await eventually { subscriber.isSubscribed })
        let properties = MQTTProperties(
            isPayloadUTF8: true, messageExpirySeconds: 3600, contentType: "application/json",
            responseTopic: "answers/7", correlationData: [0, 1, 255],
            userProperties: [
                .init(name: "id", value: "1"), .init(name: "id", value: "größer"), .init(name: "", value: ""),
            ])
        let publisher = try await startPublisher(testConfiguration(broker.port, "out"))
        #expect(await publisher.waitUntilConnected())
        let report = await publisher.publish(count: 2) { index in
            MQTTMessage(topic: "a/b", payload: [UInt8(index)], properties: index == 0 ? properties : nil)
        }
        #expect(report.ending == .complete)
        #expect(await eventually { inlet.committed.count == 2 })
        #expect(inlet.committed.map(\.properties) == [properties, nil])
        await publisher.stop()
        await subscriber.stop()
    }

    @Test(arguments: [Version.v5, .v311])
    func `retained messages follow the policy of the subscription`(version: Version) async throws {
        let broker = try await Broker()
        for topic in ["ignore/1", "once/1", "always/1"] {
            try await publish(["old"], to: topic, through: broker.port, isRetained: true)
        }
        let subscriptions = [
            MQTTSubscription(filter: "ignore/#", retained: .ignore),
            MQTTSubscription(filter: "once/#", retained: .once),
            MQTTSubscription(filter: "always/#", retained: .always),
        ]
        // Twice by a new object: the second time the session is there already.
        var topics: [[String]] = []
        for round in 0..<2 {
            let inlet = RecordingInlet()
            let subscriber = try startSubscriber(testConfiguration(broker.port, "in", version), subscriptions, inlet)
            #expect(await eventually { subscriber.isSubscribed })
            try await publish(["new \(round)"], to: "once/2", through: broker.port)
            #expect(await eventually { inlet.committed.contains { $0.text == "new \(round)" } })
            await subscriber.stop()
            topics.append(inlet.committed.filter(\.isRetained).map(\.topic).sorted())
            #expect(inlet.committed.filter { !$0.isRetained }.map(\.text) == ["new \(round)"])
        }
        #expect(topics == [["always/1", "once/1"], ["always/1"]])
    }

    @Test func `a session that the broker has forgotten is reported and subscribed again`() async throws {
        let broker = try await Broker()
        let inlet = RecordingInlet()
        let subscriber = try startSubscriber(
            testConfiguration(broker.port, "in"), [MQTTSubscription(filter: "a/#")], inlet)
        #expect(await eventually { subscriber.isSubscribed })
        try await broker.kill()
        try await broker.start()
        #expect(await eventually { inlet.events.filter(\.isConnected).count == 2 && subscriber.isSubscribed })
        #expect(
            inlet.events.filter(\.isConnected) == [
                .connected(isSessionPresent: false, isFirst: true), .connected(isSessionPresent: false, isFirst: false),
            ])
        try await publish(["after"], to: "a/b", through: broker.port)
        #expect(await eventually { inlet.committed.map(\.text) == ["after"] })
        #expect(subscriber.counters.reconnects == 1)
        await subscriber.stop()
    }

    @Test func `a persistent broker keeps session and messages over its restart`() async throws {
        var options = Broker.Options()
        options.isPersistent = true
        let broker = try await Broker(options)
        let configuration = testConfiguration(broker.port, "in")
        try await prepareSession(configuration, "a/#")
        try await publish(["kept"], to: "a/b", through: broker.port)
        try await broker.restart()
        let inlet = RecordingInlet()
        let subscriber = try startSubscriber(configuration, [MQTTSubscription(filter: "a/#")], inlet)
        #expect(await eventually { inlet.committed.map(\.text) == ["kept"] })
        #expect(inlet.events.first == .connected(isSessionPresent: true, isFirst: true))
        await subscriber.stop()
    }

    @Test(arguments: [(Version.v5, UInt8(0x87)), (.v311, 0x80)])
    func `a refused subscription is reported`(version: Version, code: UInt8) async throws {
        let fake = try FakeBroker { _, connection in
            connection.acceptClient()
            connection.acceptSubscription(code: code)
            connection.acceptSubscription(code: 0)
            connection.waitForClose()
        }
        let inlet = RecordingInlet()
        let subscriber = try startSubscriber(
            testConfiguration(fake.port, "in", version),
            [MQTTSubscription(filter: "secret/#"), MQTTSubscription(filter: "half/#")], inlet)
        #expect(await eventually { inlet.events.count == 3 })
        guard case .subscriptionRefused(let filter, let reason) = inlet.events[1] else {
            Issue.record("\(inlet.events)")
            return
        }
        #expect(filter == "secret/#")
        #expect(reason.contains(version == .v5 ? "0x87" : "0x80"))
        #expect(inlet.events[2] == .subscriptionDowngraded(filter: "half/#", grantedQoS: 0))
        #expect(!subscriber.isSubscribed)
        await subscriber.stop()
    }

    @Test func `a client that takes our id is reported as such`() async throws {
        let fake = try FakeBroker { number, connection in
            connection.acceptClient()
            connection.acceptSubscription()
            if number == 1 { connection.send(type: 14, body: [0x8E, 0]) }
            connection.waitForClose()
        }
        let inlet = RecordingInlet()
        let subscriber = try startSubscriber(
            testConfiguration(fake.port, "twin"), [MQTTSubscription(filter: "a/#")], inlet)
        #expect(await eventually { inlet.events.filter(\.isConnected).count == 2 })
        #expect(inlet.events.contains(.sessionTakenOver))
        #expect(inlet.reasons.count == 1 && inlet.reasons[0].contains("0x8E"))
        await subscriber.stop()
    }

    @Test func `a message over the limit is reported and acknowledged, not repeated`() async throws {
        let broker = try await Broker()
        var configuration = testConfiguration(broker.port, "in", .v311)
        configuration.packetSizeMax = 1000
        try await prepareSession(configuration, "a/#")
        let big = String(repeating: "x", count: 2000)
        try await publish(["before", big, "after"], to: "a/b", through: broker.port)
        let inlet = RecordingInlet()
        let first = try startSubscriber(configuration, [MQTTSubscription(filter: "a/#")], inlet)
        #expect(await eventually { inlet.committed.count == 2 })
        #expect(inlet.committed.map(\.text) == ["before", "after"])
        #expect(
            inlet.events.contains(.messageRefused(topic: "a/b", reason: "2000 bytes; at most 1000 are taken")))
        await first.stop()
        let again = RecordingInlet()
        let second = try startSubscriber(configuration, [MQTTSubscription(filter: "a/#")], again)
        try await publish(["next"], to: "a/b", through: broker.port)
        #expect(await eventually { again.committed.map(\.text) == ["next"] })
        await second.stop()
    }

    @Test func `No Local and Retain Handling reach the broker`() async throws {
        let fake = try FakeBroker { _, connection in
            connection.acceptClient()
            connection.acceptSubscription()
            connection.acceptSubscription()
            connection.waitForClose()
        }
        let subscriber = try startSubscriber(
            testConfiguration(fake.port, "in"),
            [
                MQTTSubscription(filter: "a", retained: .ignore, isNoLocal: true),
                MQTTSubscription(filter: "$share/group/b", retained: .always, isNoLocal: true),
            ], RecordingInlet())
        #expect(await eventually { subscriber.isSubscribed })
        // Last byte of a SUBSCRIBE: QoS 1, No Local 4, Retain Handling 2 << 4.
        #expect(fake.received.filter { $0.type == 8 }.map { $0.body.last } == [0x25, 0x01])
        await subscriber.stop()
    }
}
