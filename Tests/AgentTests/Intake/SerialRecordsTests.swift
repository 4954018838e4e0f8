import AgentTestKit
import LogStore
import Records
import SerialIO
import Synchronization
import Testing

@testable import Agent

/// What a serial line delivers, up to the records in the log: without a port.
struct SerialRecordsTests {
    /// One line of a source, as the agent makes it.
    private struct Lines {
        let log: RingLog
        let recorder: Recorder
        let line: SerialLine
        private let folder: AgentTestKit.TemporaryFolder

        /// - Parameter keys: of the table of the source, beside its port.
        init(_ keys: String, suffix: String = "", clock: ManualClock = ManualClock()) throws {
            folder = try AgentTestKit.TemporaryFolder("serial", isInMemory: true)
            let settings = LogSettings(
                path: folder.file("log"), gateway: GatewayID("gw")!, streams: [.telemetry: .small],
                uplinks: [:])
            log = try RingLog(settings, clock: clock)
            recorder = Recorder(
                log: log, streams: [.telemetry], clock: clock, linger: .milliseconds(5), logger: .silent, heartbeat: {})
            let configuration = try ConfigurationText().read(
                "[gateway]\nid = \"gw\"\n[serial.air]\nport = \"/dev/none\"\n" + keys)
            let source = configuration.serialSources[0]
            line = try SerialLine(
                source, port: source.port, suffix: suffix,
                into: ReadingRecords(gateway: GatewayID("gw")!, stream: .telemetry, recorder: recorder, clock: clock),
                clock: clock, tree: DeviceTree(), logger: .silent)
        }

        /// Takes lines in, commits, and returns what the log holds.
        func records(of lines: [String]) async throws -> [Record] {
            try await running([recorder]) {
                for text in lines { line.receiver.received(frame: Array(text.utf8)[...], bootMilliseconds: 61_000) }
            }
            let start = try #require(log.statistics().streams[.telemetry]?.start)
            let reader = try #require(log.reader(of: .telemetry))
            guard case .records(let batch) = reader.read(behind: start, recordsMax: 100, bytesMax: 1 << 22) else {
                return []
            }
            return batch.records
        }

        var counters: SourceCounters { line.receiver.shared.withLock { $0.counters } }
    }

    private static func text(_ record: Record?) -> String {
        record.map { String(decoding: $0.payload, as: UTF8.self) } ?? ""
    }

    @Test func `a line of CSV is a pack with device, time and primary units, on the topic of its source`() async throws
    {
        let lines = try Lines("format = \"csv\"\ncolumns = [\"t:Cel\", \"\", \"p:hPa\", \"s\", \"x:°C\"]\n")
        let records = try await lines.records(of: ["21.5,7,1013.25,run,9", "bad", "----,,,,"])
        #expect(records.map(\.topic) == ["serial/air"])
        #expect(records.map(\.properties) == [RecordProperties(contentType: "application/senml+json", device: "air")])
        #expect(
            Self.text(records.first)
                == #"[{"bn":"gw/air/","bt":1760000001,"n":"t","u":"Cel","v":21.5},{"n":"p","u":"Pa","v":101325},"#
                + #"{"n":"s","vs":"run"},{"n":"x","u":"°C","v":9}]"#)
        #expect(lines.counters.received == 1 && lines.counters.rejected == 1 && lines.counters.dropped == 0)
    }

    @Test(arguments: [
        ("json", #"{"t":21.5,"a":{"ok":true},"t 2":"x"}"#), ("key-value", "t=21.5 a.ok=true t_2=x"),
    ])
    func `a line of JSON or pairs is a pack of what it names`(format: String, line: String) async throws {
        let lines = try Lines("format = \"\(format)\"\ndevice = \"hall\"\ntopic = \"{gateway}/{source}/{device}\"\n")
        let records = try await lines.records(of: [line])
        let flag = format == "json" ? #""vb":true"# : #""vs":"true""#
        #expect(records.map(\.topic) == ["gw/air/hall"])
        #expect(
            Self.text(records.first)
                == #"[{"bn":"gw/hall/","bt":1760000001,"n":"t","v":21.5},{"n":"a.ok",\#(flag)},{"n":"t_2","vs":"x"}]"#)
    }

    @Test func `a raw line is its own payload, whatever is in it`() async throws {
        let lines = try Lines("device = \"hall\"\n")
        let records = try await lines.records(of: ["ready", "\u{1}\u{7F}"])
        #expect(records.map { Self.text($0) } == ["ready", "\u{1}\u{7F}"])
        #expect(records.map(\.topic) == ["serial/air", "serial/air"])
        #expect(records.map(\.properties) == Array(repeating: RecordProperties(device: "hall"), count: 2))
        #expect(lines.counters.received == 2)
    }

    @Test(arguments: ["", "format = \"json\"\n"])
    func `devices of several ports of one source are told apart`(format: String) async throws {
        let lines = try Lines(format + "device = \"hall\"\ntopic = \"a/{device}\"\n", suffix: "-ttyUSB3")
        let records = try await lines.records(of: ["{\"t\":1}"])
        #expect(records.map(\.topic) == ["a/hall-ttyUSB3"])
        #expect(records.map(\.properties?.device) == ["hall-ttyUSB3"])
    }

    @Test func `a clock that was never set gives no time`() async throws {
        let clock = ManualClock(wallMilliseconds: 5000, isSynchronised: false)
        let records = try await Lines("format = \"json\"\n", clock: clock).records(of: ["{\"t\":1}"])
        #expect(Self.text(records.first) == #"[{"bn":"gw/air/","n":"t","v":1}]"#)
    }

    @Test func `P8 a line whose pack is larger than a record may be is refused and counted`() async throws {
        let lines = try Lines("format = \"json\"\nline_max = \"1MiB\"\n")
        let members = (0..<60_000).map { "\"m\($0)\":1" }.joined(separator: ",")
        let records = try await lines.records(of: ["{\(members)}", "{\"t\":1}"])
        #expect(records.count == 1)
        #expect(lines.counters.refused == 1 && lines.counters.received == 1)
    }
}
