import Records
import SerialIO
import StrictTOML

/// What the parts of the configuration say of each other.
extension AgentConfigurationReader {
    /// Records, status and topics know a source by its name alone.
    func checkNames(
        mqttSources: [Located<MQTTSourceConfiguration>], serialSources: [Located<SerialSourceConfiguration>]
    ) {
        for serial in serialSources {
            guard let other = mqttSources.first(where: { $0.value.name == serial.value.name }) else { continue }
            serial.table.fail(
                "the name is already taken by [\(other.table.path)]\(at(other.table.line)); choose another")
        }
    }

    /// Two sources on one port would steal each other's bytes.
    func checkPorts(_ sources: [Located<SerialSourceConfiguration>]) {
        for (index, source) in sources.enumerated() {
            let earlier = sources[..<index].first { Self.areSamePort($0.value.port, source.value.port) }
            guard let earlier else { continue }
            let place = "[\(earlier.table.path)]\(at(earlier.table.line(of: "port")))"
            var advice = ""
            if case .usb = source.value.port {
                advice =
                    "; tell two adapters apart by serial number, usb:VENDOR:PRODUCT:SERIAL, or by /dev/serial/by-path"
            }
            source.table.fail(
                "\(quoted(source.value.port.description)) is already used by \(place)\(advice)", at: "port")
        }
    }

    /// A broker drops the first client when a second comes with its id, and so on, for ever.
    func checkClientIDs(mqttSources: [Located<MQTTSourceConfiguration>], uplinks: [Located<UplinkConfiguration>]) {
        let clients =
            mqttSources.map { (broker: $0.value.broker, table: $0.table) }
            + brokers(of: uplinks).map { (broker: $0.value.broker, table: $0.table) }
        for (index, client) in clients.enumerated() where !client.broker.address.host.isEmpty {
            let earlier = clients[..<index].first {
                $0.broker.clientID == client.broker.clientID
                    && $0.broker.address.isSameListener(as: client.broker.address)
            }
            guard let earlier else { continue }
            client.table.fail(
                "\(quoted(client.broker.clientID)) is also the client id of [\(earlier.table.path)]"
                    + "\(at(earlier.table.line)) on the same broker, which would throw each of the two out in turn; "
                    + "set another client_id", at: "client_id")
        }
    }

    func brokers(of uplinks: [Located<UplinkConfiguration>]) -> [Located<MQTTDestination>] {
        uplinks.compactMap { uplink in
            uplink.value.destination.mqtt.map { Located(value: $0, table: uplink.table) }
        }
    }

    func at(_ line: Int?) -> String { line.map { " (line \($0))" } ?? "" }

    /// Whether two names can lead to one port. A usb name without a serial number can be any adapter of its kind; what
    /// a pattern fits may change, so only the pattern itself is compared.
    private static func areSamePort(_ left: PortName, _ right: PortName) -> Bool {
        switch (left, right) {
        case (.usb(let vendor, let product, let serial), .usb(let otherVendor, let otherProduct, let otherSerial)):
            vendor == otherVendor && product == otherProduct
                && (serial == nil || otherSerial == nil || serial == otherSerial)
        case (.path(let path), .path(let other)): DeviceTree.resolved(path) == DeviceTree.resolved(other)
        default: left == right
        }
    }
}
