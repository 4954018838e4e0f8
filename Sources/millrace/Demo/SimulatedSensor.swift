import Agent
import DeviceProfiles
import Simulation
import SimulatedDevices

/// What is at one serial port of the demonstration: a sensor that says lines of text, or devices that speak as their
/// profiles say. Their values follow the time of day in fast motion.
struct SimulatedSensor: Sendable {
    /// The name of its source.
    let name: String
    /// The keys of its table in the configuration, but for the port: what a person would write.
    let settings: [String]
    /// Where the agent finds it.
    let terminal: PseudoTerminal
    /// What people see of it: each device on the line, and what it measures over one day.
    let rows: [Row]
    private let voice: Voice

    /// One device, for people.
    struct Row: Sendable {
        let name: String
        let values: [String]
        let turns: @Sendable () -> Int

        /// What it measured last; empty before that.
        var value: String {
            let turns = turns()
            return turns == 0 ? "" : values[(turns - 1) % values.count]
        }
    }

    private enum Voice {
        case text(ScriptedLine)
        case devices(SimulatedLine)
    }

    /// A sensor of lines of text.
    ///
    /// - Parameter day: what it says over one day: the line, and the same for people.
    init(
        _ name: String, settings: [String], every interval: Duration, day: [(line: String, value: String)]
    ) throws {
        self.name = name
        self.settings = settings
        terminal = try PseudoTerminal()
        let script = ScriptedLine(on: terminal, lines: day.map(\.line), every: interval, repeats: true)
        rows = [Row(name: name, values: day.map(\.value), turns: { script.sentCount })]
        voice = .text(script)
    }

    /// Devices that share a line, each with its values for people.
    init(_ name: String, settings: [String], devices: [(device: SimulatedDevice, values: [String])]) throws {
        self.name = name
        self.settings = settings
        terminal = try PseudoTerminal()
        rows = devices.map { entry in
            Row(name: entry.device.name, values: entry.values, turns: { [device = entry.device] in device.turnCount })
        }
        voice = .devices(SimulatedLine(devices.map(\.device), on: terminal))
    }

    /// How many lines it has sent; nil for devices, of whose frames not every one has to become a record: those that the
    /// agent asks are answered when it asks, and others say more than is kept.
    var sentCount: UInt64? {
        switch voice {
        case .text(let script): UInt64(script.sentCount)
        case .devices: nil
        }
    }

    /// Begins to speak.
    ///
    /// - Throws: ``SimulationError`` where the system gives no thread.
    func start() throws {
        let isStarted =
            switch voice {
            case .text(let script): script.start()
            case .devices(let line): line.start()
            }
        guard isStarted else { throw SimulationError("no thread for the sensor \(name)") }
    }

    /// Falls silent. Blocks until what is under way is out.
    func stop() {
        switch voice {
        case .text(let script): script.stop()
        case .devices(let line): line.stop()
        }
    }
}
