import AgentTestKit
import DeviceProfiles
import Glibc
import LogStore
import Logging
import Records
import SerialIO
import ServiceLifecycle
import Synchronization
import Testing
import Threads

@testable import Agent

/// `port = "auto"` without a profile: what is plugged in is detected and read.
struct DetectedPortsTests {
    /// Ports, profiles, and a source that finds out what is there.
    private final class Fixture: Sendable {
        let folder: AgentTestKit.TemporaryFolder
        let recorder: Recorder
        let source: SerialSource
        let lines = LogBook()

        init(_ profiles: [(String, String)]) throws {
            folder = try AgentTestKit.TemporaryFolder("detected", isInMemory: true)
            for part in ["sys", "sys/class", "sys/class/tty", "sys/devices", "dev", "profiles"] {
                mkdir(folder.file(part), 0o700)
            }
            for (name, text) in profiles { try folder.write("profiles/\(name).toml", text) }
            let log = try RingLog(
                LogSettings(
                    path: folder.file("log"), gateway: GatewayID("gw")!, streams: [.telemetry: .small], uplinks: [:]),
                clock: ManualClock())
            recorder = Recorder(
                log: log, streams: [.telemetry], clock: ManualClock(), linger: .milliseconds(5), logger: .silent,
                heartbeat: {})
            var configuration = SerialSourceConfiguration(
                name: SourceName("auto")!, port: .automatic, stream: .telemetry)
            configuration.content = .detected(among: ProfileLibrary(exactly: [folder.file("profiles")]))
            let lines = lines
            source = try SerialSource(
                configuration, others: [], gateway: GatewayID("gw")!, recorder: recorder, clock: SystemClock(),
                tree: DeviceTree(sysfs: folder.file("sys"), devices: folder.file("dev")),
                logger: Logger(label: "test") { _ in lines })
        }

        func plugIn(_ name: String, _ terminal: PseudoTerminal) {
            mkdir(folder.file("sys/devices/\(name)"), 0o700)
            mkdir(folder.file("sys/class/tty/\(name)"), 0o700)
            symlink(folder.file("sys/devices/\(name)"), folder.file("sys/class/tty/\(name)/device"))
            symlink(terminal.path, folder.file("dev/\(name)"))
        }

        func unplug(_ name: String) {
            unlink(folder.file("sys/class/tty/\(name)/device"))
            rmdir(folder.file("sys/class/tty/\(name)"))
            unlink(folder.file("dev/\(name)"))
        }
    }

    /// What was logged.
    private final class LogBook: LogHandler {
        private let lines = Mutex<[String]>([])
        var metadata: Logger.Metadata {
            get { [:] }
            set {}
        }
        var logLevel: Logger.Level {
            get { .debug }
            set {}
        }
        subscript(metadataKey _: String) -> Logger.Metadata.Value? {
            get { nil }
            set {}
        }

        func log(event: LogEvent) { lines.withLock { $0.append(event.message.description) } }

        func count(_ part: String) -> Int { lines.withLock { $0.count { $0.contains(part) } } }
        var text: String { lines.withLock { $0.joined(separator: "\n") } }
    }

    private func speaking(
        on terminal: PseudoTerminal, _ frame: @escaping @Sendable (Int) -> [UInt8], _ body: () async throws -> Void
    ) async throws {
        let isOver = Gate(false)
        _ = OwnThread.start(named: "speaker") {
            var count = 0
            while isOver.wait(until: .now + .milliseconds(100), { $0 ? true : nil }) == nil {
                // A sensor does not know whether anybody listens.
                try? terminal.send(frame(count))
                count += 1
            }
        }
        defer { isOver.change { $0 = true } }
        try await body()
    }

    @Test func `a device that one profile fits is read as soon as it is plugged in`() async throws {
        let fixture = try Fixture([
            ("warmth", DetectionProfiles.warmth("W")), ("lines", DetectionProfiles.lines),
            ("meter", DetectionProfiles.meter(unit: 1)),
        ])
        let terminal = try PseudoTerminal()
        try await running([fixture.recorder, fixture.source]) {
            try await speaking(on: terminal, { DetectionProfiles.warmthFrame(200 + $0 % 50) }) {
                fixture.plugIn("ttyUSB0", terminal)
                #expect(await eventually { fixture.source.counters.received > 2 }, "\(fixture.lines.text)")
                #expect(fixture.lines.count("ttyUSB0 is warmth, Warmth W, at 9600 8N1") == 1, "\(fixture.lines.text)")
                #expect(fixture.source.isReading)
            }
        }
    }

    @Test func `what may be one of several is left alone until it is plugged in again, and a person is asked`()
        async throws
    {
        let fixture = try Fixture([
            ("twin", DetectionProfiles.warmth("T")), ("warmth", DetectionProfiles.warmth("W")),
        ])
        let (terminal, silent) = (try PseudoTerminal(), try PseudoTerminal())
        try await running([fixture.recorder, fixture.source]) {
            try await speaking(on: terminal, { DetectionProfiles.warmthFrame(200 + $0 % 50) }) {
                fixture.plugIn("ttyUSB0", terminal)
                #expect(await eventually { fixture.lines.count("may be twin, warmth") == 1 }, "\(fixture.lines.text)")
                fixture.plugIn("ttyUSB1", silent)
                #expect(await eventually { fixture.lines.count("ttyUSB1") > 0 })
                #expect(fixture.lines.count("finding out what is at \(fixture.folder.file("dev/ttyUSB0"))") == 1)
                #expect(fixture.source.states.isEmpty && fixture.source.counters.received == 0)
                fixture.unplug("ttyUSB0")
                try fixture.folder.write("profiles/twin.toml", DetectionProfiles.lines)
                // The lookout rests for 50 ms between two looks; until it has seen the port gone it is not new.
                try await Task.sleep(for: .milliseconds(500))
                fixture.plugIn("ttyUSB0", terminal)
                #expect(await eventually { fixture.source.counters.received > 2 }, "\(fixture.lines.text)")
            }
        }
    }

    @Test func `a Modbus device is asked and then read`() async throws {
        let fixture = try Fixture([
            ("meter", DetectionProfiles.meter(unit: 7, options: "every = \"100ms\"")),
            ("warmth", DetectionProfiles.warmth("W")),
        ])
        let terminal = try PseudoTerminal()
        let slaves = ModbusSlaves(on: terminal, registers: [7: [2305, 123]])
        #expect(slaves.start())
        defer { slaves.stop() }
        try await running([fixture.recorder, fixture.source]) {
            fixture.plugIn("ttyUSB0", terminal)
            #expect(await eventually { fixture.source.counters.received > 2 }, "\(fixture.lines.text)")
        }
    }
}
