import MQTTTransport
import Records
import Testing

@testable import Uplinks

@Suite struct SparkplugNodeTests {
    private static let topics = SparkplugTopics(group: "g", node: "n", primaryHost: nil)
    private static let withHost = SparkplugTopics(group: "g", node: "n", primaryHost: "h")

    private func born(_ topics: SparkplugTopics = topics) -> SparkplugNode {
        var node = SparkplugNode(topics: topics)
        _ = node.death(milliseconds: 1)
        _ = node.opened(milliseconds: 1)
        return node
    }

    private func metric(_ name: String, _ value: SparkplugMetric.Value = .double(1), at moment: Int64 = 5)
        -> SparkplugMetric
    {
        SparkplugMetric(name: name, value: value, milliseconds: moment)
    }

    /// The `seq` of a payload.
    private func sequence(_ message: MQTTMessage) -> UInt64? {
        var reader = ProtobufReader(message.payload)
        while let field = reader.next() {
            if case (3, .integer(let value)) = field { return value }
        }
        return nil
    }

    private func say(_ node: inout SparkplugNode, _ device: String, _ metrics: [SparkplugMetric]) -> [MQTTMessage] {
        var messages: [MQTTMessage] = []
        while let before = node.messageBefore(device, metrics, milliseconds: 1) { messages.append(before) }
        return messages + [node.values(of: device, metrics, milliseconds: 1)]
    }

    @Test func `numbers go from 0 at the node's birth to 255 and on with 0`() {
        var node = SparkplugNode(topics: Self.topics)
        _ = node.death(milliseconds: 1)
        var messages = node.opened(milliseconds: 1)
        for _ in 0..<600 { messages += say(&node, "d", [metric("a")]) }
        #expect(messages.map { sequence($0) } == (0..<602).map { UInt64($0 % 256) })
        #expect(node.births(milliseconds: 1).map { sequence($0) } == [0, 1])
    }

    @Test func `a device is born once, and again when a metric is new or has another kind`() {
        var node = born()
        func kinds(_ metrics: [SparkplugMetric]) -> [String] {
            say(&node, "d", metrics).map { String($0.topic.split(separator: "/")[2]) }
        }
        #expect(kinds([metric("a")]) == ["DBIRTH", "DDATA"])
        #expect(kinds([metric("a")]) == ["DDATA"])
        #expect(kinds([metric("a"), metric("b")]) == ["DBIRTH", "DDATA"])
        #expect(kinds([metric("a", .string("x"))]) == ["DBIRTH", "DDATA"])
        #expect(kinds([metric("b")]) == ["DDATA"])
    }

    @Test func `a connection that was lost makes everything be born again, under the same aliases`() {
        var node = born()
        let before = say(&node, "d", [metric("a"), metric("b")])
        node.closed()
        #expect(node.state == .away)
        _ = node.death(milliseconds: 1)
        #expect(node.opened(milliseconds: 1).map(\.topic) == ["spBv1.0/g/NBIRTH/n", "spBv1.0/g/DBIRTH/n/d"])
        let after = say(&node, "d", [metric("a"), metric("b")])
        #expect(after.count == 1)
        // All but the number is the same.
        #expect(after[0].payload.dropLast(2) == before[1].payload.dropLast(2))
    }

    @Test func `each connection has a death of its own, and the birth names it`() {
        var node = SparkplugNode(topics: Self.topics)
        for number in 0..<300 {
            let death = node.death(milliseconds: 7)
            #expect(death == node.currentDeath(milliseconds: 7))
            var expected = ProtobufWriter()
            SparkplugMetric(name: "bdSeq", value: .int64(Int64(number % 256)), milliseconds: 7).write(to: &expected)
            let birth = node.opened(milliseconds: 7)[0]
            #expect(death.suffix(expected.bytes.count) == expected.bytes[...])
            #expect(birth.payload.dropFirst(2).prefix(expected.bytes.count) == expected.bytes[...])
            node.closed()
        }
    }

    @Test func `nothing is born while the primary host is away, and old word of it changes nothing`() {
        var node = born(Self.withHost)
        #expect(node.state == .waitingForHost)
        guard case .nothing = node.hostSaid(isOnline: false, at: 10, milliseconds: 1) else {
            Issue.record("a host that is away is waited for")
            return
        }
        guard case .came(let births) = node.hostSaid(isOnline: true, at: 20, milliseconds: 1) else {
            Issue.record("a host that has come sees births")
            return
        }
        #expect(births.map(\.topic) == ["spBv1.0/g/NBIRTH/n"])
        guard case .nothing = node.hostSaid(isOnline: false, at: 19, milliseconds: 1),
            case .nothing = node.hostSaid(isOnline: true, at: 21, milliseconds: 1),
            case .went = node.hostSaid(isOnline: false, at: 22, milliseconds: 1)
        else {
            Issue.record("the host's own clock says what is newer")
            return
        }
    }

    @Test func `of too many devices the one heard of longest ago dies`() {
        var node = born()
        for number in 0..<SparkplugNode.devicesMax { _ = say(&node, "d\(number)", [metric("a")]) }
        _ = say(&node, "d0", [metric("a")])
        #expect(
            say(&node, "new", [metric("a")]).map(\.topic)
                == ["spBv1.0/g/DDEATH/n/d1", "spBv1.0/g/DBIRTH/n/new", "spBv1.0/g/DDATA/n/new"])
        #expect(node.births(milliseconds: 1).count == SparkplugNode.devicesMax + 1)
    }

    @Test func `a device whose names have no end is refused before it fills the memory`() {
        var node = born()
        let many = (0..<SparkplugDevice.metricsMax).map { metric("m\($0)") }
        #expect(node.problem(of: "d", many) == nil)
        _ = say(&node, "d", many)
        #expect(node.problem(of: "d", [metric("m5")]) == nil)
        #expect(node.problem(of: "d", [metric("other")])?.contains("more than 1000 metrics") == true)
        #expect(node.problem(of: String(repeating: "d", count: 2000), []) != nil)
    }

    @Test(arguments: [
        ("", false), ("{}", false), ("{\"online\":true}", false), ("ONLINE", false),
        ("{\"online\":1,\"timestamp\":1}", false),
        ("{\"online\":true,\"timestamp\":1,\"more\":[]}", false),
        ("{\"timestamp\":5,\"x\":\"y\",\"online\":false}", true),
        ("{\"online\":true,\"timestamp\":1e300}", false),
    ])
    func `only what the standard calls a host's state is one`(text: String, isState: Bool) {
        #expect((SparkplugCommand.hostState(Array(text.utf8)) != nil) == isState)
    }

    @Test func `a damaged command is read or refused, never a crash`() {
        var command = ProtobufWriter()
        SparkplugMetric(name: "Node Control/Rebirth", value: .boolean(true), milliseconds: 1).write(to: &command)
        #expect(SparkplugCommand.wantsRebirth(command.bytes))
        var random = SeededGenerator(seed: 9)
        for _ in 0..<5000 {
            var bytes = command.bytes
            for _ in 0..<3 {
                bytes[bytes.indices.randomElement(using: &random)!] = UInt8.random(in: 0...255, using: &random)
            }
            _ = SparkplugCommand.wantsRebirth(Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random))))
        }
        #expect(!SparkplugCommand.wantsRebirth([]))
    }
}
