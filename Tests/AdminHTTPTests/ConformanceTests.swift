import Agent
import AgentTestKit
import Glibc
import Records
import SerialIO
import Simulation
import Testing

@testable import AdminHTTP

/// What others say of what the server says: Prometheus' own checker, and schemathesis against the OpenAPI document.
@Suite struct ConformanceTests {
    private static let hasPromtool = access("/usr/bin/promtool", X_OK) == 0

    /// A gateway with so many devices.
    private func status(devices: Int) throws -> AgentStatus {
        let boot = BootID(high: 1, low: 2)
        let reading = ClockReading(
            boot: boot, bootMilliseconds: 100_000, wallMilliseconds: 1_700_000_000_000, isSynchronised: true)
        var status = AgentStatus(
            gateway: try #require(GatewayID("gw-1")), version: "1.2.3", uptime: .seconds(100),
            clock: ClockStatus(reading), process: ProcessStatus(), log: LogStatus(path: "/l\"og"))
        status.log.streams = [StreamStatus(name: .telemetry)]
        status.log.medium.free = .mebibytes(1)
        var source = SerialSourceStatus(name: "bus", port: "auto")
        source.lines = [
            SerialLineStatus(port: "/dev/ttyUSB0", state: .open(path: "/dev/ttyUSB0")),
            SerialLineStatus(port: "C:\\odd\"port\n", state: .absent),
        ]
        status.serialSources = [source]
        status.mqttSources = [MQTTSourceStatus(name: "floor", address: "mqtt://h:1883")]
        status.devices = (0..<devices).map { number in
            var device = DeviceStatus(
                name: "meter-\(number)", source: "serial.bus", port: "p", profile: "sdm120", state: .alive)
            device.lastMilliseconds = 99_000
            device.readings = (0..<20).map {
                ReadingStatus(
                    Reading(name: "value\($0)", value: .number(Double($0) / 3), unit: "kWh"), bootMilliseconds: 99_000)
            }
            return device
        }
        var uplink = UplinkStatus(name: try #require(UplinkName("central")), kind: "mqtt", address: "mqtt://h:1883")
        let start = Position(epoch: Epoch(rawValue: 1), sequence: .zero)
        uplink.streams = [UplinkStatus.Stream(name: .telemetry, position: start)]
        uplink.certificates = [CertificateStatus(file: "f", role: "client", notAfterMilliseconds: 1_800_000_000_000)]
        uplink.budget = BudgetStatus(limit: 100, used: 200, period: "day")
        status.uplinks = [uplink]
        return status
    }

    @Test(.enabled(if: hasPromtool, "promtool is not here: Debian's package prometheus has it"))
    func `promtool has nothing to say against the metrics`() async throws {
        let folder = try TemporaryFolder("metrics")
        let path = try folder.write("metrics", StatusMetrics.text(of: status(devices: 3), as: .prometheus))
        let output = try await ChildProcess.run("sh", ["-c", "promtool check metrics < '\(path)' 2>&1"])
        #expect(output == "")
    }

    @Test func `what a thousand devices invent is bounded`() throws {
        let text = String(decoding: StatusMetrics.text(of: try status(devices: 1000), as: .prometheus), as: UTF8.self)
        let readings = text.split(separator: "\n").count { $0.hasPrefix("millrace_device_reading{") }
        #expect(readings == 1000 * StatusMetrics.readingsMax)
    }

    @Test func `every metric stands in docs/admin.md, and nothing else`() throws {
        let text = String(decoding: StatusMetrics.text(of: try status(devices: 1), as: .prometheus), as: UTF8.self)
        let ours = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map { line in
            let words = line.split(separator: " ")
            return "`\(words[2])` | \(words[3])"
        }
        let page = TemporaryFolder.contents(of: repositoryFile("docs/admin.md"))
        let rows = page.split(separator: "\n").compactMap { line -> String? in
            let cells = line.split(separator: "|").map { $0.drop { $0 == " " } }
            guard line.hasPrefix("| `millrace_") || line.hasPrefix("| `process_") else { return nil }
            return "\(cells[0].split(separator: " ")[0]) | \(cells[1].split(separator: " ")[0])"
        }
        #expect(rows.sorted() == ours.sorted())
        #expect(Set(ours).count == ours.count, "no family twice")
    }

    @Test(.enabled(if: PythonPeer.isReady, "\(PythonPeer.absence)"))
    func `schemathesis finds nothing between the OpenAPI document and the server`() async throws {
        let folder = try TemporaryFolder("admin")
        try folder.write("write.token", "write-write-write-write\n")
        let lines = ["listen = \"127.0.0.1:0\"", "write_token_file = \"write.token\""]
        // Nothing is left out. 503 is what readiness says where the broker is not there. Live records never end, so
        // only the beginning of each stream is read. A port that is there would be listened to for a minute: those that
        // are made up are not there.
        try folder.write(
            "schemathesis.toml",
            """
            [[operations]]
            include-path = "/readyz"
            checks.not_a_server_error.expected-statuses = ["2xx", "4xx", 503]

            [[operations]]
            include-path = "/records/live"
            request-timeout = 1
            max-stream-events = 3
            """)
        try await RunningServer.with(lines, in: folder) { running in
            for number in 0..<10 {
                _ = try await running.agent.append(
                    LocalRecord(topic: "t", stream: .telemetry, payload: Array("\(number)".utf8)))
            }
            let port = try #require(running.server.port)
            // The same requests each time; MILLRACE_SEED tries others.
            let seed = getenv("MILLRACE_SEED").map { String(cString: $0) } ?? "1"
            let output = try await ChildProcess.run(
                "sh",
                [
                    "-c",
                    "cd '\(folder.path)' && '\(PythonPeer.interpreter)' -m schemathesis.cli run "
                        + "http://127.0.0.1:\(port)/openapi.json -H 'Authorization: Bearer write-write-write-write' "
                        + "--max-examples 30 --seed \(seed) "
                        + "--checks all --exclude-checks unsupported_method,ignored_auth,positive_data_acceptance "
                        + "--phases examples,coverage,fuzzing --no-color 2>&1 || echo FAILED",
                ], within: .seconds(300))
            #expect(!output.contains("FAILED"), "\(output)")
        }
    }
}
