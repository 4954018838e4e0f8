import AgentTestKit
import DeviceProfiles
import Records
import SerialIO
import Synchronization
import Testing
import Threads

@testable import Agent

/// Detection on pseudo-terminals.
struct PortDetectorTests {
    /// A device that sends the same bytes again and again, until it is stopped.
    private final class Speaker: Sendable {
        private let isOver = Gate(false)

        init(
            _ terminal: PseudoTerminal, every interval: Duration = .milliseconds(100),
            _ content: @escaping @Sendable (Int) -> [UInt8]
        ) {
            let isOver = isOver
            _ = OwnThread.start(named: "speaker") {
                var count = 0
                while isOver.wait(until: .now + interval, { $0 ? true : nil }) == nil {
                    // A sensor does not know whether anybody listens.
                    try? terminal.send(content(count))
                    count += 1
                }
            }
        }

        func stop() { isOver.change { $0 = true } }
    }

    private func detector(_ profiles: [(String, String)], asks: Bool = false) throws -> PortDetector {
        PortDetector(
            profiles: try profiles.map { try DetectionProfiles.profile($0.0, $0.1) }, listening: .milliseconds(1500),
            asks: asks)
    }

    @Test func `a sensor that sends by itself is found, with the models that it may be, and nothing is sent to it`()
        async throws
    {
        let terminal = try PseudoTerminal()
        let detector = try detector([
            ("twin", DetectionProfiles.warmth("T", lookalikes: "\"warmth\"")),
            ("warmth", DetectionProfiles.warmth("W", lookalikes: "\"twin\"")),
            ("questions", DetectionProfiles.questions), ("lines", DetectionProfiles.lines),
            ("meter", DetectionProfiles.meter(unit: 1)),
        ])
        let speaker = Speaker(terminal) { DetectionProfiles.warmthFrame(200 + $0 % 50) }
        defer { speaker.stop() }
        let found = try await detector.detect(.path(terminal.path))
        #expect(found.choices.map(\.profile.name) == ["questions", "twin", "warmth"])
        #expect(found.choices.allSatisfy { $0.settings.description == "9600 8N1" && $0.frames >= 3 })
        #expect(terminal.received().isEmpty)
    }

    @Test func `a Modbus slave is found only by asking`() async throws {
        let terminal = try PseudoTerminal()
        let slaves = ModbusSlaves(on: terminal, registers: [7: [2305, 123]])
        #expect(slaves.start())
        defer { slaves.stop() }
        let profiles = [
            ("other", DetectionProfiles.meter(unit: 1)), ("meter", DetectionProfiles.meter(unit: 7)),
            ("warmth", DetectionProfiles.warmth("W")),
        ]
        let silent = try await detector(profiles).detect(.path(terminal.path))
        #expect(silent.candidates.isEmpty && silent.strangers.isEmpty && slaves.requestCount(of: 7) == 0)
        let found = try #require(try await detector(profiles, asks: true).detect(.path(terminal.path)).certain)
        #expect(found.profile.name == "meter" && found.wasAsked)
        #expect(
            found.readings == [
                Reading(name: "voltage", value: .number(230.5), unit: "V"),
                Reading(name: "current", value: .number(1.23), unit: "A"),
            ])
    }

    @Test func `a slave with values that the device cannot measure is another device`() async throws {
        let terminal = try PseudoTerminal()
        let slaves = ModbusSlaves(on: terminal, registers: [7: [60_000, 123]])
        #expect(slaves.start())
        defer { slaves.stop() }
        let detector = try detector([("meter", DetectionProfiles.meter(unit: 7))], asks: true)
        #expect(try await detector.detect(.path(terminal.path)).candidates.isEmpty)
        #expect(slaves.requestCount(of: 7) > 0)
    }

    @Test func `nothing is ever sent but requests that are marked as safe`() async throws {
        let terminal = try PseudoTerminal()
        let profiles = [
            ("questions", DetectionProfiles.questions),
            ("unsafe", DetectionProfiles.meter(unit: 1, options: "safe = false")),
        ]
        let found = try await detector(profiles, asks: true).detect(.path(terminal.path))
        #expect(found.candidates.isEmpty)
        #expect(terminal.received() == [0x33, 0x44])
    }

    @Test func `noise is nothing, and is told of`() async throws {
        let terminal = try PseudoTerminal()
        let chance = Mutex(Chance())
        let profiles = [("warmth", DetectionProfiles.warmth("W")), ("lines", DetectionProfiles.lines)]
        let detector = try detector(profiles)
        let speaker = Speaker(terminal) { _ in chance.withLock { $0.bytes(100) } }
        defer { speaker.stop() }
        let found = try await detector.detect(.path(terminal.path))
        #expect(found.candidates.isEmpty && found.choices.isEmpty)
        #expect(found.strangers.map { $0.count > 0 && $0.line == nil } == [true])
    }

    @Test func `lines of text are found by their profile, and without one are told of as text`() async throws {
        let terminal = try PseudoTerminal()
        let speaker = Speaker(terminal) { Array("21.\($0 % 10),40\r\n".utf8) }
        defer { speaker.stop() }
        let known = try await detector([("lines", DetectionProfiles.lines)]).detect(.path(terminal.path))
        #expect(known.certain?.profile.name == "lines")
        let unknown = try await detector([("warmth", DetectionProfiles.warmth("W"))]).detect(.path(terminal.path))
        #expect(unknown.candidates.isEmpty)
        #expect(unknown.strangers.first?.line?.hasPrefix("21.") == true)
    }

    @Test func `a port that is absent or held is no silent one`() async throws {
        let terminal = try PseudoTerminal()
        let detector = try detector([("warmth", DetectionProfiles.warmth("W"))])
        let held = try SerialPort(opening: terminal.path, settings: SerialSettings())
        await #expect {
            try await detector.detect(.path(terminal.path))
        } throws: { error in
            guard case PortDetector.Failure.unavailable(_, let reason) = error else { return false }
            return reason.contains("held by another program")
        }
        _ = consume held
        terminal.unplug()
        await #expect(throws: PortDetector.Failure.absent(.path(terminal.path))) {
            try await detector.detect(.path(terminal.path))
        }
    }
}
