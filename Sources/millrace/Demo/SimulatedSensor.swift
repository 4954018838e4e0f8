import Agent
import Glibc
import Simulation

/// A sensor that speaks lines of text on a serial port of its own; its values follow the time of day in fast motion.
struct SimulatedSensor: Sendable {
    /// What it is, and the name of its source.
    let name: String
    /// The keys of its table in the configuration, but for the port.
    let settings: [String]
    /// Where the agent finds it.
    let terminal: PseudoTerminal
    private let lines: [String]
    private let values: [String]
    private let script: ScriptedLine

    /// - Parameter day: what it says over one day: the line, and the same for people.
    private init(
        _ name: String, settings: [String], every interval: Duration, day: [(line: String, value: String)]
    ) throws {
        self.name = name
        self.settings = settings
        lines = day.map(\.line)
        values = day.map(\.value)
        terminal = try PseudoTerminal()
        script = ScriptedLine(on: terminal, lines: lines, every: interval, repeats: true)
    }

    /// A climate station, an energy meter and a tank level, each with another kind of line.
    static func all() throws -> [SimulatedSensor] { [try climate(), try meter(), try tank()] }

    /// How many lines it has sent.
    var sentCount: UInt64 { UInt64(script.sentCount) }

    /// What it said last, for people.
    var value: String { sentCount == 0 ? "" : values[(script.sentCount - 1) % values.count] }

    /// Begins to speak.
    ///
    /// - Throws: ``SimulationError`` where the system gives no thread.
    func start() throws {
        guard script.start() else { throw SimulationError("no thread for the sensor \(name)") }
    }

    /// Falls silent. Blocks until the line that is under way is out.
    func stop() { script.stop() }

    private static func climate() throws -> SimulatedSensor {
        let day = (0..<600).map { step in
            let phase = Double(step) / 600
            let temperature = 21.5 + wave(phase, 2.4) + wave(phase * 37, 0.2)
            let humidity = 44 - wave(phase, 6) + wave(phase * 23, 0.8)
            let pressure = 1013 + wave(phase + 0.3, 4)
            return (
                line: "{\"temperature\":\(temperature.text(1)),\"humidity\":\(humidity.text(1)),"
                    + "\"pressure\":\(pressure.text(1))}",
                value: "\(temperature.text(1)) °C  \(humidity.text(0)) %"
            )
        }
        return try SimulatedSensor("climate", settings: ["format = \"json\""], every: .seconds(1), day: day)
    }

    private static func meter() throws -> SimulatedSensor {
        let day = (0..<1200).map { step in
            let phase = Double(step) / 1200
            let voltage = 231 + wave(phase * 7, 1.5) + wave(phase * 61, 0.4)
            // Machines that go on and off, over a load that follows the day.
            let current = 9 + wave(phase, 4) + (step / 40 % 3 == 0 ? 5.5 : 0) + wave(phase * 89, 0.3)
            let power = voltage * current
            return (
                line: "\(voltage.text(1));\(current.text(2));\(power.text(0))",
                value: "\(voltage.text(0)) V  \((power / 1000).text(2)) kW"
            )
        }
        return try SimulatedSensor(
            "meter",
            settings: [
                "format = \"csv\"", "columns = [\"voltage:V\", \"current:A\", \"power:W\"]", "separator = \";\"",
            ],
            every: .milliseconds(500), day: day)
    }

    private static func tank() throws -> SimulatedSensor {
        let day = (0..<300).map { step in
            // Fills quickly and is drawn from slowly.
            let cycle = Double(step % 100) / 100
            let level = cycle < 0.25 ? 0.8 + 6.4 * cycle : 2.4 - 1.6 * (cycle - 0.25) / 0.75
            let temperature = 12 + wave(Double(step) / 300, 0.8)
            return (
                line: "level=\(level.text(3)) temperature=\(temperature.text(1)) pump=\(cycle < 0.25 ? "on" : "off")",
                value: "\(level.text(2)) m  \(temperature.text(1)) °C"
            )
        }
        return try SimulatedSensor("tank", settings: ["format = \"key-value\""], every: .seconds(2), day: day)
    }
}

/// A wave of so much to each side, one period for each 1 of `phase`.
func wave(_ phase: Double, _ height: Double) -> Double { height * sin(2 * Double.pi * phase) }
