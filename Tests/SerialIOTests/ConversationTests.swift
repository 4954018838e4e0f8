import AgentTestKit
import SerialIO
import Testing
import Threads

/// Does given steps one after the other, then listens; says goodbye when it is stopped.
private struct FixedScript: LineScript {
    var steps: [LineStep]
    let events: Gate<[LineEvent]>
    var isStopping = false
    var hasSaidGoodbye = false

    mutating func next(now: Duration) -> LineStep {
        if isStopping {
            defer { hasSaidGoodbye = true }
            return hasSaidGoodbye ? .close : .send(Array("bye".utf8), isRequest: false)
        }
        return steps.isEmpty ? .listen(until: nil, for: .frames) : steps.removeFirst()
    }

    mutating func happened(_ event: LineEvent, now: Duration) {
        if event == .stopping { isStopping = true }
        events.change { $0.append(event) }
    }

    mutating func judge(_ frame: ArraySlice<UInt8>, now: Duration) -> FrameVerdict { .deliver(answering: nil) }
}

@Suite struct ConversationTests {
    private let receiver = RecordingReceiver()
    private let events = Gate<[LineEvent]>([])

    private func reader(
        _ terminal: PseudoTerminal, _ steps: [LineStep], settings: SerialSettings = SerialSettings()
    ) throws -> SerialReader {
        try SerialReader(
            port: .path(terminal.path), settings: settings, framer: FrameCutter(.lines(sizeMax: 100)),
            script: FixedScript(steps: steps, events: events), receiver: receiver, clock: CountingClock(),
            timing: .retrying(every: .milliseconds(10)))
    }

    @Test func `a script sends, changes the speed, delivers, and has the last word`() async throws {
        let terminal = try PseudoTerminal()
        let steps: [LineStep] = [
            .send(Array("hello".utf8), isRequest: true), .setBaud(19_200), .flushInput,
            .deliver(Array("joined".utf8), answering: RequestID(device: 1, request: 2)),
            .listen(until: .zero, for: .nothing),
        ]
        let reader = try reader(terminal, steps)
        try reader.start()
        try await eventually { events.withLock { $0.count } == 6 }
        #expect(events.withLock { $0 } == [.opened, .sent, .done, .done, .done, .timedOut])
        #expect(terminal.received() == Array("hello".utf8))
        #expect(receiver.frames == ["joined"])
        #expect(reader.counters.sentBytes == 5)
        await reader.stop()
        #expect(terminal.received() == Array("bye".utf8))
        #expect(events.withLock { $0.suffix(3) } == [.stopping, .sent, .hungUp])
    }

    @Test func `bytes go to the script as they are while it wants them so`() async throws {
        let terminal = try PseudoTerminal()
        let reader = try reader(terminal, [.listen(until: nil, for: .bytes)])
        try reader.start()
        try await receiver.wait(states: 1)
        try terminal.send("a\nb")
        try await eventually { events.withLock { $0.contains(.bytes(Array("a\nb".utf8))) } }
        try terminal.send("c\n")
        try await receiver.wait(frames: 1)
        await reader.stop()
        #expect(receiver.frames == ["c"])
    }

    @Test func `a line that takes no bytes does not hold a script for ever`() async throws {
        let terminal = try PseudoTerminal()
        let reader = try reader(
            terminal, [.send([UInt8](repeating: 0x55, count: 1 << 20), isRequest: true)],
            settings: SerialSettings(baud: 12_000_000))
        try reader.start()
        try await eventually { events.withLock { $0.contains(.sendFailed) } }
        try terminal.send("still here\n")
        try await receiver.wait(frames: 1)
        await reader.stop()
        #expect(receiver.frames == ["still here"])
    }

    @Test func `a frame whose bytes pause too long is given up, and its end is not taken for a frame`() async throws {
        let terminal = try PseudoTerminal()
        var settings = SerialSettings()
        settings.byteTimeout = .milliseconds(50)
        let reader = try reader(terminal, [], settings: settings)
        try reader.start()
        try await receiver.wait(states: 1)
        try terminal.send("21.")
        try await eventually { reader.counters.unfinishedFrames == 1 }
        #expect(reader.counters.pendingBytes == 0)
        try terminal.send("5\n22.5\n")
        try await receiver.wait(frames: 1)
        await reader.stop()
        #expect(receiver.frames == ["22.5"])
        #expect(receiver.skippedReasons.first == "the frame paused in the middle")
    }
}
