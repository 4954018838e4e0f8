import DeviceProfiles
import Glibc
import Simulation
import SimulatedDevices

/// The serial sensors of the demonstration.
extension SimulatedSensor {
    /// A climate station that says JSON; an ultrasonic level sensor with frames of its own; an energy meter and a
    /// climate transmitter that share a Modbus line; a smart meter.
    ///
    /// - Throws: ``SimulationError`` where there are no pseudo-terminals, or a profile is missing.
    static func all() throws -> [SimulatedSensor] {
        let library = ProfileLibrary()
        return [try climate(), try tank(library), try bus(library), try grid(library)]
    }

    private static func device(
        _ name: String, _ profileName: String, _ library: ProfileLibrary, unit: Int? = nil, every interval: Duration,
        course: [[String: Double]]
    ) throws -> SimulatedDevice {
        do {
            var profile = try library.profile(profileName)
            if let unit { profile.modbus?.unit = unit }
            return try SimulatedDevice(name, profile: profile, every: interval, course: course)
        } catch let failure as ProfileLibrary.Failure {
            throw SimulationError("\(failure)")
        }
    }

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

    private static func tank(_ library: ProfileLibrary) throws -> SimulatedSensor {
        // Fills quickly and is drawn from slowly; the sensor looks down from above.
        let levels = (0..<1500).map { step in
            let cycle = Double(step % 500) / 500
            return cycle < 0.25 ? 0.8 + 6.4 * cycle : 2.4 - 1.6 * (cycle - 0.25) / 0.75
        }
        let device = try device(
            "tank", "dfrobot-a02yyuw", library, every: .milliseconds(200),
            course: levels.map { ["distance": ((3 - $0) * 1000).rounded()] })
        return try SimulatedSensor(
            "tank", settings: ["profile = \"dfrobot-a02yyuw\"", "every = \"500ms\"", "keep = [\"mean\"]"],
            devices: [(device, levels.map { "\((3 - $0).text(3)) m" })])
    }

    private static func bus(_ library: ProfileLibrary) throws -> SimulatedSensor {
        let loads = (0..<1200).map { step in
            let phase = Double(step) / 1200
            let voltage = 231 + wave(phase * 7, 1.5) + wave(phase * 61, 0.4)
            // Machines that go on and off, over a load that follows the day.
            let current = 9 + wave(phase, 4) + (step / 40 % 3 == 0 ? 5.5 : 0) + wave(phase * 89, 0.3)
            return (voltage: voltage, current: current, energy: 4711 + Double(step) / 400)
        }
        let press = try device(
            "press", "eastron-sdm120", library, unit: 1, every: .milliseconds(500),
            course: loads.map {
                [
                    "voltage": $0.voltage, "current": $0.current, "power": $0.voltage * $0.current, "frequency": 50,
                    "energy_import": $0.energy,
                ]
            })
        let climates = (0..<600).map { step in
            let phase = Double(step) / 600
            return (temperature: 8 + wave(phase * 3, 2), humidity: 71 + wave(phase * 5, 4))
        }
        let store = try device(
            "store", "xy-md02", library, unit: 2, every: .seconds(1),
            course: climates.map { ["temperature": $0.temperature, "humidity": $0.humidity] })
        return try SimulatedSensor(
            "bus",
            settings: [
                "baud = 9600", "devices = [",
                "  { name = \"press\", profile = \"eastron-sdm120\", unit = 1, every = \"1s\" },",
                "  { name = \"store\", profile = \"xy-md02\", unit = 2, every = \"2s\" },", "]",
            ],
            devices: [
                (press, loads.map { "\($0.voltage.text(0)) V  \(($0.voltage * $0.current / 1000).text(2)) kW" }),
                (store, climates.map { "\($0.temperature.text(1)) °C  \($0.humidity.text(0)) %" }),
            ])
    }

    private static func grid(_ library: ProfileLibrary) throws -> SimulatedSensor {
        let day = (0..<600).map { step in
            let phase = Double(step) / 600
            return (power: 1.9 + wave(phase, 1.2) + wave(phase * 41, 0.2), voltage: 230 + wave(phase * 9, 1.2))
        }
        let device = try device(
            "grid", "dsmr-5", library, every: .seconds(1),
            course: day.map { ["power_import": $0.power, "voltage_l1": $0.voltage] })
        return try SimulatedSensor(
            "grid", settings: ["profile = \"dsmr-5\"", "every = \"500ms\""],
            devices: [(device, day.map { "\($0.voltage.text(0)) V  \($0.power.text(2)) kW" })])
    }
}

/// A wave of so much to each side, one period for each 1 of `phase`.
func wave(_ phase: Double, _ height: Double) -> Double { height * sin(2 * Double.pi * phase) }
