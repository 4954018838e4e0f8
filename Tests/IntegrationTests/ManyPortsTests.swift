import AgentTestKit
import Records
import Testing
import Threads
import Uplinks

/// Many serial ports into one agent. How fast that may be is measured in Benchmarks; here nothing may be lost.
struct ManyPortsTests {
    private static let ports = 20
    private static let frames = 1000

    private static let profile = """
        format = 1
        title = "Numbered frames"
        source = "ManyPortsTests"
        [framing]
        kind = "fixed"
        start = "42 4D"
        size = 32
        [checksum]
        kind = "sum16"
        [[message]]
        fields = [{ name = "number", at = 2, type = "u32be" }]
        [[sample]]
        frame = "\(hexadecimal(frame(1)))"
        expect = { number = 1 }
        [[sample]]
        frame = "\(hexadecimal(frame(1).dropLast() + [0]))"
        rejected = true
        """

    @Test func `twenty ports that speak at once lose no byte and no order`() async throws {
        let folder = try TemporaryFolder("many-ports")
        let profile = try folder.write("numbered.toml", Self.profile)
        let terminals = try (0..<Self.ports).map { _ in try PseudoTerminal() }
        var options = RunningAgent.Options()
        options.isInMemory = true
        options.tables = terminals.enumerated().map { number, terminal in
            "[serial.line\(number)]\nport = \"\(terminal.path)\"\nprofile = \"\(profile)\"\nbaud = 115200"
        }
        let agent = try await RunningAgent(options)
        let inbox = try await CentralInbox(agent.centre, keepsRecords: true)
        try agent.start()
        for terminal in terminals { #expect(await agent.everLogged("reading \(terminal.path)")) }
        let line = (0..<Self.frames).flatMap(Self.frame)
        let finished = Gate(0)
        for (number, terminal) in terminals.enumerated() {
            let isStarted = OwnThread.start(named: "port") {
                // Pieces that are no frames, another size on each port.
                let isSent: Void? = try? terminal.send(line, pieceSize: 100 + number * 7)
                finished.change { $0 += isSent == nil ? 0 : 1 }
            }
            try #require(isStarted)
        }
        #expect(await inbox.accountsFor(Self.ports * Self.frames, within: .seconds(120)), "\(inbox.summary)")
        #expect(finished.withLock { $0 } == Self.ports, "every port took everything")
        var numbers: [String: [Double]] = [:]
        for record in inbox.records {
            let number = JSONTree(record.payload)?.elements.first?["v"]?.number
            numbers[record.device ?? "", default: []].append(number ?? -1)
        }
        #expect(numbers.count == Self.ports)
        for (device, numbers) in numbers { #expect(numbers == (0..<Self.frames).map(Double.init), "\(device)") }
        #expect(try await agent.stop() == .exited(0), "\(agent.logText)")
    }

    /// 42 4D, the number, and the sum of all bytes before it.
    private static func frame(_ number: Int) -> [UInt8] {
        let body: [UInt8] =
            [0x42, 0x4D] + (0..<4).map { UInt8(truncatingIfNeeded: number >> ((3 - $0) * 8)) }
            + (0..<24).map { UInt8(truncatingIfNeeded: number * 7 + $0) }
        let sum = body.reduce(0) { $0 + Int($1) }
        return body + [UInt8(sum >> 8 & 0xFF), UInt8(sum & 0xFF)]
    }

    private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
    }
}
