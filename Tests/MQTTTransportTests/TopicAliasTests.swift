import AgentTestKit
import Testing

@testable import MQTTTransport

@Suite struct TopicAliasTests {
    /// Bytes of the topics of these messages, property of the alias included; checks on the way that a server, which
    /// knows only what it was told, understands each of them.
    private func cost(of topics: [String], maximum: UInt16) -> Int {
        var aliases = TopicAliases(maximum: maximum)
        var server: [UInt16: String] = [:]
        var cost = 0
        for topic in topics {
            let choice = aliases.choice(for: topic)
            switch choice {
            case .plain: cost += topic.utf8.count
            case .assign(let alias):
                #expect((1...max(1, maximum)).contains(alias))
                server[alias] = topic
                cost += topic.utf8.count + 3
            case .use(let alias):
                #expect(server[alias] == topic)
                cost += 3
            }
            aliases.published(to: topic, as: choice)
        }
        return cost
    }

    private func topics(_ count: Int, rounds: Int) -> [String] {
        (0..<rounds).flatMap { _ in (0..<count).map { "sensors/hall\(1000 + $0)/temperature" } }
    }

    @Test func `without the server's leave, and for topics that are no longer than the property, there is none`() {
        #expect(cost(of: topics(3, rounds: 10), maximum: 0) == 30 * 28)
        #expect(cost(of: Array(repeating: "abc", count: 10), maximum: 10) == 30)
    }

    @Test func `a topic travels once, then as two bytes`() {
        #expect(cost(of: topics(3, rounds: 10), maximum: 10) == 3 * 31 + 27 * 3)
    }

    @Test(arguments: [11, 20, 159, 160, 161, 1000])
    func `more topics in turn than there are aliases cost next to nothing`(count: Int) {
        let messages = topics(count, rounds: 40_000 / count)
        let plain = messages.reduce(0) { $0 + $1.utf8.count }
        // Where aliases come too late to be used, three bytes for ten of 160 messages are what it takes.
        #expect(cost(of: messages, maximum: 10) <= plain + messages.count * 10 / 160 * 3 + 30)
        if count <= 160 {
            // Ten of the topics have aliases that last, but for the last round, which may be cut short.
            let saved = (messages.count / count - 1) * 10 * 25 - 30
            #expect(cost(of: messages, maximum: 10) <= plain - saved)
        }
    }

    @Test func `topics that have come out of use give their aliases to others`() {
        let messages = topics(10, rounds: 20) + (0..<1000).map { _ in "alarms/of/another/kind" }
        let late = cost(of: messages, maximum: 10) - cost(of: topics(10, rounds: 20), maximum: 10)
        #expect(late < 160 * 22 + 25 + 1000 * 3)
    }

    @Test func `however many a server allows, the table is bounded`() {
        var aliases = TopicAliases(maximum: .max)
        var highest: UInt16 = 0
        for number in 0..<5000 {
            let topic = "topic/\(number)"
            let choice = aliases.choice(for: topic)
            if case .assign(let alias) = choice { highest = max(highest, alias) }
            aliases.published(to: topic, as: choice)
        }
        #expect(Int(highest) == TopicAliases.capacityMax)
    }

    @Test func `a choice that was not carried out is made again`() {
        var aliases = TopicAliases(maximum: 10)
        #expect(aliases.choice(for: "some/topic") == .assign(1))
        #expect(aliases.choice(for: "some/topic") == .assign(1))
        #expect(aliases.choice(for: "other/topic") == .assign(1))
    }
}

@Suite struct TopicAliasConnectionTests {
    /// Topic and alias of a PUBLISH at QoS 1 in MQTT 5, whose only property, if any, is the alias.
    private struct Published: Equatable {
        let topic: String
        let alias: UInt16?

        init(_ topic: String, _ alias: UInt16?) {
            self.topic = topic
            self.alias = alias
        }

        init(_ packet: FakeBrokerConnection.Packet) {
            let body = packet.body
            let length = Int(body[0]) << 8 | Int(body[1])
            topic = String(decoding: body[2..<2 + length], as: UTF8.self)
            let properties = body[(length + 4)...]
            alias = properties.first == 3 ? UInt16(body[length + 6]) << 8 | UInt16(body[length + 7]) : nil
        }
    }

    private static let twoAliases: [UInt8] = [0x22, 0, 2]

    private func published(_ fake: FakeBroker) -> [Published] {
        fake.received.filter { $0.type == 3 }.map { Published($0) }
    }

    @Test func `aliases begin anew with each connection`() async throws {
        let fake = try FakeBroker { number, connection in
            connection.acceptClient(properties: Self.twoAliases)
            for _ in 0..<3 { _ = connection.receive(type: 3).map { connection.acknowledge($0.packetID) } }
            if number == 2 { connection.waitForClose() }
        }
        let publisher = try await startPublisher(testConfiguration(fake.port, "out"))
        #expect(await publisher.waitUntilConnected())
        for _ in 1...2 {
            #expect(
                await eventually {
                    await publisher.publish(count: 3) { message($0 == 1 ? "second/topic" : "first/topic", "x") }.ending
                        == .complete
                })
        }
        await publisher.stop()
        let once = [Published("first/topic", 1), Published("second/topic", 2), Published("", 1)]
        #expect(published(fake) == once + once)
    }

    @Test func `a message that an alias would make too large travels without one, and still fits`() async throws {
        // Fixed header 2, topic 2 + 11, packet identifier 2, properties 1, payload 10.
        let fake = try FakeBroker { _, connection in
            connection.acceptClient(properties: Self.twoAliases + [0x27, 0, 0, 0, 28])
            while let packet = connection.receive(type: 3) { connection.acknowledge(packet.packetID) }
        }
        let publisher = try await startPublisher(testConfiguration(fake.port, "out"))
        #expect(await publisher.waitUntilConnected())
        let report = await publisher.publish(count: 2) { message("first/topic", $0 == 0 ? "0123456789" : "01234") }
        #expect(report.ending == .complete)
        let tooLarge = await publisher.publish(count: 1) { _ in message("first/topic", "0123456789a") }
        guard case .unsendable = tooLarge.ending else {
            Issue.record("what fits must not depend on what was sent before: \(tooLarge)")
            return
        }
        await publisher.stop()
        #expect(published(fake) == [Published("first/topic", nil), Published("first/topic", 1)])
    }

    @Test func `a server that calls an alias wrong gets none from then on`() async throws {
        let fake = try FakeBroker { number, connection in
            connection.acceptClient(properties: Self.twoAliases)
            while let packet = connection.receive(type: 3) {
                if number == 1, Published(packet).topic.isEmpty {
                    connection.send(type: 14, body: [0x94, 0])
                    return
                }
                connection.acknowledge(packet.packetID)
            }
        }
        let events = EventLog()
        let publisher = try await startPublisher(testConfiguration(fake.port, "out"), windowMax: 1, events: events)
        #expect(await publisher.waitUntilConnected())
        let report = await publisher.publish(count: 3) { message("first/topic", "\($0)") }
        #expect(report.confirmed == 1)
        #expect(
            await eventually {
                await publisher.publish(count: 3) { message("first/topic", "\($0)") }.ending == .complete
            })
        await publisher.stop()
        #expect(events.reasons.contains { $0.contains("Topic Alias invalid (0x94)") }, "\(events.reasons)")
        #expect(published(fake).suffix(3) == Array(repeating: Published("first/topic", nil), count: 3)[...])
    }

    @Test func `with mosquitto everything arrives under its topic, and the wire carries so many bytes less`()
        async throws
    {
        var sent: [Int: UInt64] = [:]
        for maximum in [0, 10] {
            var options = Broker.Options()
            options.lines = ["max_topic_alias \(maximum)"]
            let broker = try await Broker(options)
            let inlet = RecordingInlet()
            let subscriber = try startSubscriber(
                testConfiguration(broker.port, "in"), [MQTTSubscription(filter: "sensors/#")], inlet)
            #expect(await eventually { subscriber.isSubscribed })
            let publisher = try await startPublisher(testConfiguration(broker.port, "out"))
            #expect(await publisher.waitUntilConnected())
            let report = await publisher.publish(count: 1000) { message("sensors/hall3/t\($0 % 5)", "\(10_000 + $0)") }
            #expect(report.ending == .complete)
            #expect(await eventually { inlet.committed.count == 1000 })
            #expect(inlet.committed.map(\.topic) == (0..<1000).map { "sensors/hall3/t\($0 % 5)" })
            #expect(inlet.committed.map(\.text) == (0..<1000).map { "\(10_000 + $0)" })
            sent[maximum] = publisher.counters.wireBytesSent
            await publisher.stop()
            await subscriber.stop()
        }
        let saved = Int(sent[0] ?? 0) - Int(sent[10] ?? 0)
        #expect(saved == 995 * (16 - 3) - 5 * 3)
    }

    @Test func `in 3_1_1 topics travel as they are`() async throws {
        let fake = try FakeBroker { _, connection in
            connection.acceptClient()
            while let packet = connection.receive(type: 3) { connection.acknowledge(packet.packetID) }
        }
        let publisher = try await startPublisher(testConfiguration(fake.port, "out", .v311))
        #expect(await publisher.waitUntilConnected())
        #expect(await publisher.publish(count: 3) { _ in message("first/topic", "x") }.ending == .complete)
        await publisher.stop()
        let bodies = fake.received.filter { $0.type == 3 }.map(\.body)
        #expect(bodies.allSatisfy { $0.starts(with: [0, 11] + "first/topic".utf8) })
        #expect(bodies.count == 3)
    }
}
