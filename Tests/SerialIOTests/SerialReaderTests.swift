import AgentTestKit
import Records
import SerialIO
import Testing

@Suite struct SerialReaderTests {
    private let receiver = RecordingReceiver()

    private func reader(
        _ name: PortName, settings: SerialSettings = SerialSettings(), lengthMax: Int = 100,
        tree: DeviceTree = DeviceTree(), retryDelay: Duration = .milliseconds(10)
    ) throws -> SerialReader {
        var settings = settings
        // A test machine may stand still for a second.
        settings.byteTimeout = .seconds(60)
        return try SerialReader(
            port: name, settings: settings, framer: FrameCutter(.lines(sizeMax: lengthMax)), receiver: receiver,
            clock: CountingClock(), tree: tree, timing: .retrying(every: retryDelay))
    }

    @Test func `lines arrive in order, in whatever pieces they come`() async throws {
        let terminal = try PseudoTerminal()
        let reader = try reader(.path(terminal.path))
        try reader.start()
        try await receiver.wait(states: 1)
        let lines = (0..<300).map { "t=\($0).5,h=\($0 % 100)" }
        let text = lines.map { $0 + "\r\n" }.joined()
        for size in [1, 2, 3, 7, 16, 64, 4096] { try terminal.send(text, pieceSize: size) }
        try await receiver.wait(frames: lines.count * 7)
        await reader.stop()
        #expect(receiver.frames == (0..<7).flatMap { _ in lines })
        #expect(receiver.states == [.open(path: terminal.path)])
        #expect(reader.counters.frames == 2100)
        #expect(reader.counters.bytes == text.utf8.count * 7)
        #expect(reader.counters.skippedBytes == 0)
        #expect(reader.counters.opens == 1)
    }

    @Test func `a line has the time at which its first byte was read`() async throws {
        let terminal = try PseudoTerminal()
        let reader = try reader(.path(terminal.path))
        try reader.start()
        try await receiver.wait(states: 1)
        // The clock counts reads. Each piece is read before the next one is sent.
        for (piece, total) in [("a", 1), ("b", 2), ("c\nd\ne", 7), ("f\n", 9)] {
            try terminal.send(piece)
            try await eventually { reader.counters.bytes == total }
        }
        try await receiver.wait(frames: 3)
        await reader.stop()
        #expect(receiver.frames == ["abc", "d", "ef"])
        #expect(receiver.times == [1, 3, 3])
    }

    @Test func `a line that was cut by unplugging is not joined with what comes after`() async throws {
        let terminal = try PseudoTerminal()
        let reader = try reader(.path(terminal.path))
        try reader.start()
        for round in 0..<5 {
            try await receiver.wait(states: round * 2 + 1)
            try terminal.send("whole \(round)\ncut")
            try await receiver.wait(frames: round + 1)
            try await eventually { reader.counters.pendingBytes == 3 }
            terminal.unplug()
            try await receiver.wait(states: round * 2 + 2)
            try terminal.plugIn()
        }
        try await receiver.wait(states: 11)
        try terminal.send("last\n")
        try await receiver.wait(frames: 6)
        await reader.stop()
        #expect(receiver.frames == (0..<5).map { "whole \($0)" } + ["last"])
        let open = SerialPortState.open(path: terminal.path)
        #expect(receiver.states == [open] + (0..<5).flatMap { _ in [SerialPortState.absent, open] })
        #expect(receiver.skippedReasons == [String](repeating: "the line hung up", count: 5))
        #expect(reader.counters.skippedBytes == 15)
        #expect(reader.counters.hangUps == 5)
        #expect(reader.counters.opens == 6)
    }

    @Test func `a port that is absent at the start is opened when it appears`() async throws {
        let terminal = try PseudoTerminal(isPluggedIn: false)
        let reader = try reader(.path(terminal.path))
        try reader.start()
        try await eventually { reader.counters.openAttempts >= 3 }
        #expect(receiver.states == [.absent])
        try terminal.plugIn()
        try await receiver.wait(states: 2)
        try terminal.send("here\n")
        try await receiver.wait(frames: 1)
        await reader.stop()
        #expect(receiver.states == [.absent, .open(path: terminal.path)])
    }

    @Test func `a USB name follows the device to another terminal`() async throws {
        let system = try FakeUSB()
        let first = try PseudoTerminal()
        let second = try PseudoTerminal()
        try system.plugIn("ttyUSB0", at: first.path)
        let reader = try reader(.usb(vendor: 0x1A86, product: 0x7523, serial: nil), tree: system.tree)
        try reader.start()
        try await receiver.wait(states: 1)
        try system.unplug("ttyUSB0")
        first.unplug()
        try await receiver.wait(states: 2)
        try system.plugIn("ttyUSB1", at: second.path)
        try await receiver.wait(states: 3)
        try system.plugIn("ttyUSB2", at: first.path)
        second.unplug()
        try await receiver.wait(states: 4)
        await reader.stop()
        let (zero, one) = ("\(system.tree.devices)/ttyUSB0", "\(system.tree.devices)/ttyUSB1")
        #expect(Array(receiver.states.prefix(3)) == [.open(path: zero), .absent, .open(path: one)])
    }

    @Test func `a port that hangs up or is absent costs one wait per attempt, not a spin`() async throws {
        let terminal = try PseudoTerminal()
        let reader = try reader(.path(terminal.path))
        try reader.start()
        try await receiver.wait(states: 1)
        terminal.unplug()
        try await receiver.wait(states: 2)
        try await eventually { reader.counters.openAttempts >= 20 }
        await reader.stop()
        let counters = reader.counters
        // Resting after opening, the hang-up, and one wait per attempt.
        #expect(counters.waits <= counters.openAttempts + 3)
        #expect(receiver.states.count == 2)
    }

    @Test func `attempts become rarer while a port stays away`() async throws {
        var timing = SerialTiming()
        timing.retryDelays = .milliseconds(1) ... .seconds(3600)
        let reader = try SerialReader(
            port: .path("/nowhere/at/all"), settings: SerialSettings(), framer: FrameCutter(.lines(sizeMax: 10)),
            receiver: receiver, clock: CountingClock(), timing: timing)
        // 1 + 2 + 4 + ... + 64 ms pass before the eighth attempt at the earliest.
        let begin = ContinuousClock.now
        try reader.start()
        try await eventually { reader.counters.openAttempts >= 8 }
        #expect(ContinuousClock.now - begin >= .milliseconds(120))
        await reader.stop()
    }

    @Test func `a port that another program holds is refused with the reason, and taken when it is free`() async throws
    {
        let terminal = try PseudoTerminal()
        let holder = try reader(.path(terminal.path))
        try holder.start()
        try await receiver.wait(states: 1)
        let second = RecordingReceiver()
        let waiting = try SerialReader(
            port: .path(terminal.path), settings: SerialSettings(), framer: FrameCutter(.lines(sizeMax: 10)),
            receiver: second,
            clock: CountingClock(), timing: .retrying(every: .milliseconds(10)))
        try waiting.start()
        try await eventually { waiting.counters.openAttempts >= 3 }
        let reason = "\(terminal.path) is held by another program; `fuser \(terminal.path)` tells which"
        #expect(second.states == [.unavailable(reason: reason)])
        await holder.stop()
        try await second.wait(states: 2)
        #expect(second.states == [.unavailable(reason: reason), .open(path: terminal.path)])
        await waiting.stop()
    }

    @Test func `a line that never ends is skipped and counted, and the next one arrives`() async throws {
        let terminal = try PseudoTerminal()
        let reader = try reader(.path(terminal.path), lengthMax: 20)
        try reader.start()
        try await receiver.wait(states: 1)
        try terminal.send(String(repeating: "x", count: 100_000))
        try await eventually { reader.counters.pendingBytes == 100_000 }
        #expect(receiver.frames.isEmpty)
        try terminal.send("y\nok\n")
        try await receiver.wait(frames: 1)
        await reader.stop()
        #expect(receiver.frames == ["ok"])
        #expect(receiver.skippedBytes == 100_001)
        #expect(receiver.skippedReasons == ["a frame is longer than 20 bytes"])
        #expect(reader.counters.pendingBytes == 0)
    }

    @Test func `what comes while the port settles is thrown away and counted`() async throws {
        let terminal = try PseudoTerminal()
        let reader = try reader(.path(terminal.path), settings: SerialSettings(settle: .seconds(3600)))
        try reader.start()
        try await eventually { reader.counters.opens == 1 }
        let text = "boot loader 1.0\nready\n"
        try terminal.send(text)
        try await eventually { reader.counters.bytes == text.utf8.count }
        await reader.stop()
        #expect(receiver.frames.isEmpty)
        #expect(receiver.states.isEmpty)
        #expect(receiver.skippedBytes == text.utf8.count)
        #expect(reader.counters.skippedBytes == text.utf8.count)
    }

    @Test func `a port that has settled delivers`() async throws {
        let terminal = try PseudoTerminal()
        let reader = try reader(.path(terminal.path), settings: SerialSettings(settle: .milliseconds(50)))
        try reader.start()
        try await receiver.wait(states: 1)
        try terminal.send("21.5\n")
        try await receiver.wait(frames: 1)
        await reader.stop()
        #expect(receiver.frames == ["21.5"])
    }

    @Test func `a line that is under way when the port is opened is not taken for a whole one`() async throws {
        let terminal = try PseudoTerminal()
        let line = ScriptedLine(
            on: terminal, lines: ["123456789"], every: .zero, characterPause: .milliseconds(1), repeats: true)
        #expect(line.start())
        for round in 1...10 {
            let reader = try reader(.path(terminal.path))
            try reader.start()
            try await receiver.wait(frames: round * 3)
            await reader.stop()
        }
        line.stop()
        #expect(receiver.frames.allSatisfy { $0 == "123456789" })
    }

    @Test func `a reader stops while it waits for bytes, for a device, and before it was started`() async throws {
        let terminal = try PseudoTerminal()
        let reading = try reader(.path(terminal.path))
        try reading.start()
        try await receiver.wait(states: 1)
        let waiting = try reader(.path("/nowhere"), retryDelay: .seconds(3600))
        try waiting.start()
        try await eventually { waiting.counters.openAttempts == 1 }
        let new = try reader(.path(terminal.path))
        for reader in [reading, waiting, new] {
            await reader.stop()
            await reader.stop()
        }
        // The port is free again.
        _ = try SerialPort(opening: terminal.path, settings: SerialSettings())
        #expect(receiver.states == [.open(path: terminal.path), .absent])
    }

    @Test func `a reader that nobody holds lets go of its port`() async throws {
        let terminal = try PseudoTerminal()
        var abandoned: SerialReader? = try reader(.path(terminal.path))
        try abandoned?.start()
        try await receiver.wait(states: 1)
        abandoned = nil
        try await eventually { (try? SerialPort(opening: terminal.path, settings: SerialSettings())) != nil }
    }
}
