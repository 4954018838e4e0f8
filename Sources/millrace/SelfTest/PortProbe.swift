import Agent
import DeviceProfiles
import Records
import SerialIO

/// Tries the ports of a serial source: whether they are there, can be opened, and bring what their devices should say.
struct PortProbe: Sendable {
    let source: SerialSourceConfiguration
    /// How long it listens to each device; zero: not at all.
    let listening: Duration
    var tree = DeviceTree()

    /// Ports of one pattern that are tried.
    private static let portsMax = 16

    private var part: String { "serial.\(source.name)" }

    func findings() async -> [Finding] {
        var ports = tree.matches(source.port)
        if case .path(let path) = source.port { ports = [path] }
        guard !ports.isEmpty else {
            let isPattern = source.port.isPlural
            return [
                Finding(
                    isPattern ? .warning : .bad, part, "\(source.port) is not there",
                    advice: "millrace devices detect lists what is plugged in")
            ]
        }
        var all: [Finding] = []
        for port in ports.prefix(Self.portsMax) { all += await findings(at: port) }
        return all
    }

    private func findings(at path: String) async -> [Finding] {
        do {
            let port = try SerialPort(opening: path, settings: source.link.settings)
            _ = consume port
        } catch {
            return [finding(of: error)]
        }
        guard listening > .zero else { return [Finding(.good, part, "\(path) opens at \(source.link.settings)")] }
        switch source.content {
        case .raw: return [await listen(path, DeviceTrial(name: nil))]
        case .detected:
            return [Finding(.good, part, "\(path) opens; what is at it is found out when the agent runs")]
        case .devices(let devices):
            var findings: [Finding] = []
            for device in devices {
                findings.append(await listen(path, DeviceTrial(name: device.name, profile: device.profile, device)))
            }
            return findings
        }
    }

    private func finding(of error: SerialPortError) -> Finding {
        switch error.code {
        case .held:
            Finding(
                .untold, part, error.message,
                advice: "where the agent runs, it is the one: millrace status shows what it reads there")
        case .notPermitted: Finding(.bad, part, error.message, advice: "the agent's user is in that group")
        default: Finding(.bad, part, error.message)
        }
    }

    /// What is tried at a port.
    private struct DeviceTrial {
        var name: String?
        var profile: Profile?
        var polled: PolledDevice?

        init(name: String?, profile: Profile? = nil, _ device: DeviceConfiguration? = nil) {
            self.name = name
            self.profile = profile
            polled = device.flatMap { PolledDevice(name: $0.name, profile: $0.profile, values: $0.parameters) }
        }
    }

    private func listen(_ path: String, _ trial: DeviceTrial) async -> Finding {
        var settings = source.link.settings
        settings.wantsLowLatency = trial.polled != nil
        let monitor = LineMonitor(.table, profile: trial.profile, device: trial.polled, capture: -1)
        var script: any LineScript = ListeningScript()
        if let polled = trial.polled, let profile = trial.profile {
            let line = BusLine(settings: settings, gap: source.link.gap, of: [profile])
            script = BusMaster(devices: [polled], line: line, ledger: PollLedger(devices: 1))
        }
        do {
            let reader = try SerialReader(
                port: .path(path), settings: settings, framer: monitor.framer, script: script, receiver: monitor,
                clock: SystemClock(), tree: tree)
            try reader.start()
            await wait(for: monitor, needsFrames: trial.profile != nil)
            await reader.stop()
        } catch {
            return Finding(.bad, part, "\(path): \(error)")
        }
        return finding(of: monitor.current, path, trial)
    }

    /// Until two frames came, or the time is over.
    private func wait(for monitor: LineMonitor, needsFrames: Bool) async {
        let end = ContinuousClock.now + listening
        while ContinuousClock.now < end {
            let table = monitor.current.table
            if needsFrames ? table.frames >= 2 : table.bytes > 0 { return }
            // Cancellation ends the wait.
            guard (try? await Task.sleep(for: .milliseconds(50))) != nil else { return }
        }
    }

    private func finding(of seen: LineMonitor.Seen, _ path: String, _ trial: DeviceTrial) -> Finding {
        let table = seen.table
        let name = trial.name.map { "\($0) at \(path)" } ?? path
        let figures = [
            Finding.Figure(name: "frames", value: Double(table.frames)),
            .init(name: "errors", value: Double(table.errors)), .init(name: "bytes", value: Double(table.bytes)),
        ]
        if case .unavailable(let reason) = seen.state { return Finding(.bad, part, reason, figures: figures) }
        if trial.profile == nil ? table.bytes > 0 : table.frames > 0 {
            let readings = table.rows.prefix(3).map {
                "\($0.name) \($0.value.shown)" + ($0.unit.map { " \($0)" } ?? "")
            }
            let text = readings.isEmpty ? "\(table.bytes) bytes" : readings.joined(separator: ", ")
            return Finding(
                table.errors > table.frames ? .warning : .good, part, "\(name): \(text)",
                advice: table.errors > table.frames
                    ? "\(table.errors) damaged frames: check wiring and termination" : nil,
                figures: figures)
        }
        let wait = "in \((listening / .seconds(1)).text(0)) s"
        if table.bytes > 0 {
            return Finding(
                .bad, part, "\(name): \(table.bytes) bytes \(wait), none of them a frame of the profile",
                advice: "the speed or the profile may be wrong: millrace devices detect finds out", figures: figures)
        }
        return Finding(
            trial.polled == nil ? .warning : .bad, part, "\(name): nothing came \(wait)",
            advice: trial.polled == nil
                ? "it may speak rarely: --seconds waits longer" : "check power, wiring and address", figures: figures)
    }
}
