import AdminHTTP
import Agent
import Records

/// Writes the status of a gateway with many devices as metrics and as JSON, and prints one line of JSON with what it
/// took.
///
///     millrace-bench status --devices N --rounds N
enum StatusBenchmark {
    static func main(_ arguments: [String]) {
        let usage = "status [--devices N] [--rounds N]"
        let options = BenchmarkProgram.options(
            arguments, defaults: ["--devices": "1000", "--rounds": "200"], usage: usage)
        guard let devices = Int(options["--devices"] ?? ""), let rounds = Int(options["--rounds"] ?? ""), devices >= 0,
            rounds > 0
        else { BenchmarkProgram.end(usage: usage) }
        let status = status(devices: devices)
        func milliseconds(_ body: () -> Int) -> (Double, Int) {
            let begin = BenchmarkProgram.cpuSeconds()
            var bytes = 0
            for _ in 0..<rounds { bytes = body() }
            return ((BenchmarkProgram.cpuSeconds() - begin) * 1000 / Double(rounds), bytes)
        }
        let metrics = milliseconds { MetricsText.bytes(of: status, asOpenMetrics: false).count }
        let json = milliseconds { status.json().count }
        BenchmarkProgram.report([
            ("metrics_milliseconds", metrics.0), ("metrics_kilobytes", Double(metrics.1) / 1e3),
            ("json_milliseconds", json.0), ("json_kilobytes", Double(json.1) / 1e3),
        ])
    }

    /// Meters with eight readings each and twelve minutes of each.
    private static func status(devices: Int) -> AgentStatus {
        guard let gateway = GatewayID("bench") else { preconditionFailure("a constant id is valid") }
        let reading = ClockReading(
            boot: BootID(high: 1, low: 1), bootMilliseconds: 1_000_000, wallMilliseconds: 1_700_000_000_000,
            isSynchronised: true)
        var status = AgentStatus(
            gateway: gateway, version: "1", uptime: .seconds(1000), clock: ClockStatus(reading),
            process: ProcessStatus(), log: LogStatus(path: "/log"))
        status.devices = (0..<devices).map { number in
            var device = DeviceStatus(
                name: "meter-\(number)", source: "serial.bus", port: "/dev/ttyUSB0", profile: "eastron-sdm120",
                state: .alive)
            device.lastMilliseconds = 999_000
            device.readings = (0..<8).map { index in
                ReadingStatus(
                    Reading(name: "reading_\(index)", value: .number(Double(number * index) / 7), unit: "kWh"),
                    bootMilliseconds: 999_000, history: (0..<48).map { Float($0 * index) / 3 })
            }
            return device
        }
        return status
    }
}
