import Simulation

/// The configuration file of the demonstration's agent: what a person would write.
struct DemoConfiguration {
    /// Of the broker on the shop floor.
    var localPort: UInt16
    /// Where the link to the centre begins.
    var linkPort: UInt16
    var sensors: [SimulatedSensor]

    /// How many messages may be on their way over the link. With its delay, that makes it as narrow as a real one.
    static let window = 16

    /// TOML, to be written beside the log's folder.
    var text: String {
        let serial = sensors.map { sensor in
            (["[serial.\(sensor.name)]", "port = \"\(sensor.terminal.path)\""] + sensor.settings)
                .joined(separator: "\n")
        }
        return """
            # Written by `millrace demo`. Every key is described in docs/configuration.md.

            [gateway]
            id = "demo"

            [log]
            path = "log"
            capacity = "8MiB"

            [mqtt.shopfloor]
            url = "mqtt://127.0.0.1:\(localPort)"
            topics = ["sensors/#"]

            \(serial.joined(separator: "\n\n"))

            [uplinks.central]
            url = "mqtt://127.0.0.1:\(linkPort)"
            topic = "gateways/{gateway}/{topic}"
            window = \(Self.window)
            retry_min = "500ms"
            retry_max = "2s"

            """
    }
}
