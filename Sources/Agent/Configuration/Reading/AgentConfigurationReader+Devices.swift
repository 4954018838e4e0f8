import DeviceProfiles
import Records
import SerialIO
import StrictTOML

/// Devices with profiles: `profile` and `devices` of `[serial.NAME]`.
extension AgentConfigurationReader {
    private static let intervals: ClosedRange<Duration> = .milliseconds(10)...(.seconds(86_400))

    /// The one device of a port: its keys stand beside those of the port.
    mutating func readDevice(_ table: TableReader, source: SourceName) -> DeviceConfiguration? {
        let name = readDeviceName(table, "device") ?? source.rawValue
        return readDevice(table, name: name)
    }

    /// The devices of a port that several share.
    mutating func readDevices(_ table: TableReader) -> [DeviceConfiguration] {
        guard let tables = table.tables("devices") else { return [] }
        if tables.isEmpty { table.fail("needs at least one device", at: "devices") }
        var devices: [DeviceConfiguration] = []
        for entry in tables {
            let given = readDeviceName(entry, "name")
            if let device = readDevice(entry, name: given ?? "") {
                var device = device
                if given == nil { device.name = Self.standardName(of: device) }
                if devices.contains(where: { $0.name == device.name }) {
                    entry.fail(
                        "there are two devices \(quoted(device.name)) on this port; give each a name = \"...\" of its "
                            + "own", at: given == nil ? nil : "name")
                }
                devices.append(device)
            }
            entry.finish()
        }
        checkTogether(devices, table)
        return devices
    }

    private mutating func readDevice(_ table: TableReader, name: String) -> DeviceConfiguration? {
        table.require("profile", example: "\"eastron-sdm120\"")
        guard let text = table.string("profile") else { return nil }
        var profile: Profile
        do {
            profile = try loadedProfiles[text] ?? profiles.profile(text)
            loadedProfiles[text] = profile
        } catch {
            table.fail("\(error)", at: "profile")
            // What the other keys may be depends on the profile: reading on would only mislead.
            table.acceptRest()
            return nil
        }
        let parameters = readAddress(table, into: &profile)
        readIntervals(table, into: &profile)
        var device = DeviceConfiguration(name: name, profile: profile, parameters: parameters)
        readExpectations(table, of: &device)
        return device
    }

    /// What tells the device apart from others: its address in the words of its protocol, and the profile's parameters.
    private func readAddress(_ table: TableReader, into profile: inout Profile) -> [String: String] {
        profile.modbus?.readUnit(table)
        profile.mbus?.readAddress(table)
        profile.sdi12?.readAddress(table)
        profile.iec62056?.readAddress(table)
        var values: [String: String] = [:]
        for parameter in profile.parameters {
            let value = table.scalar(parameter.name).flatMap(Self.text) ?? parameter.defaultText
            guard let value else {
                table.require(parameter.name, example: "\"...\"")
                continue
            }
            if parameter.encode(value) == nil {
                table.fail("\(quoted(value)) does not fit; it has \(parameter.size) bytes", at: parameter.name)
            }
            values[parameter.name] = value
        }
        return values
    }

    /// `every` is how often a device is asked; for one that speaks by itself, how often something is published.
    private func readIntervals(_ table: TableReader, into profile: inout Profile) {
        if let every = table.duration("every", in: Self.intervals) { profile.set(every: every) }
        profile.rate.keep = RateRule.readKept(table) ?? profile.rate.keep
        profile.rate.changeMin = RateRule.readChange(table) ?? profile.rate.changeMin
        profile.rate.every = table.duration("publish_every", in: Self.intervals) ?? profile.rate.every
        profile.rate.heartbeat = table.duration("heartbeat", in: Self.intervals) ?? profile.rate.heartbeat
    }

    func readDeviceName(_ table: TableReader, _ key: String) -> String? {
        guard let text = table.string(key) else { return nil }
        let isLevel = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !"/+#{}\u{7F}".unicodeScalars.contains($0) }
        guard isLevel, text.utf8.count <= 256 else {
            table.fail(
                "\(quoted(text)) is no device name; it is one level of a topic, without \"/\", \"+\", \"#\" and braces",
                at: key)
            return nil
        }
        return text
    }

    /// Devices on one line must agree on how it is set, and on who speaks when.
    private func checkTogether(_ devices: [DeviceConfiguration], _ table: TableReader) {
        guard let first = devices.first else { return }
        for device in devices.dropFirst() {
            let (framing, firstFraming) = (device.profile.framing, first.profile.framing)
            // What may be longest is that of the longest: see SerialLine.
            if framing.kind != firstFraming.kind || framing.checksum != firstFraming.checksum {
                table.fail(
                    "\(device.profile.name) and \(first.profile.name) speak different protocols and cannot share a "
                        + "line", at: "devices")
            } else if device.profile.link.settings != first.profile.link.settings, !table.has("baud") {
                table.fail(
                    "\(device.profile.name) wants \(device.profile.link.settings), \(first.profile.name) "
                        + "\(first.profile.link.settings); set them to the same, and say it with baud = ...",
                    at: "devices")
            }
            if !device.profile.isPolled || !first.profile.isPolled {
                table.fail(
                    "\(device.profile.isPolled ? first.profile.name : device.profile.name) speaks without being asked "
                        + "and cannot share a line; give it a port of its own", at: "devices")
            }
        }
    }

    private static func text(_ scalar: TableReader.Scalar) -> String? {
        switch scalar {
        case .string(let text): text
        case .integer(let number): String(number)
        case .number, .boolean: nil
        }
    }

    /// `eastron-sdm120-1`: the profile and what tells it apart.
    private static func standardName(of device: DeviceConfiguration) -> String {
        let profile = device.profile
        let base = profile.name.replacing("/", with: "-")
        let address =
            profile.modbus.map { String($0.unit) } ?? profile.mbus.map { $0.secondary ?? String($0.address) }
            ?? profile.sdi12?.address ?? profile.iec62056?.address
            ?? profile.parameters.first.flatMap { device.parameters[$0.name] }
        guard let address, !address.isEmpty else { return base }
        return "\(base)-\(address)"
    }
}
