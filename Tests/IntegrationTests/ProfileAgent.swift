import AgentTestKit
import DeviceProfiles
import Records
import SerialIO
import SimulatedDevices
import Testing
import Uplinks

/// A running agent that reads simulated devices, and what it publishes of them.
final class ProfileAgent: Sendable {
    let agent: RunningAgent
    let inbox: CentralInbox

    /// The profiles of this repository, and what the agent finds too.
    static let library: ProfileLibrary = {
        var folder = #filePath[...]
        for _ in 0..<3 { folder = folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)] }
        return ProfileLibrary(exactly: [folder + "/devices"])
    }()

    /// Starts an agent with these tables, and waits until it reads these lines.
    init(_ tables: [String], lines: [SimulatedLine]) async throws {
        var options = RunningAgent.Options()
        options.isInMemory = true
        options.tables = tables
        agent = try await RunningAgent(options)
        inbox = try await CentralInbox(agent.centre, keepsRecords: true)
        try agent.start()
        for line in lines {
            guard await agent.everLogged("reading \(line.terminal.path)") else {
                throw TestKitError("\(line.devices[0].name) is not read: \(agent.logText)")
            }
        }
        for line in lines where !line.start() { throw TestKitError("no thread for \(line.devices[0].name)") }
    }

    /// A line with devices, at a port that nobody has opened yet.
    static func line(_ devices: SimulatedDevice...) throws -> SimulatedLine {
        SimulatedLine(devices, on: try PseudoTerminal())
    }

    static func device(
        _ name: String, _ profileName: String, unit: Int? = nil, every interval: Duration = .milliseconds(100),
        course: [[String: Double]] = []
    ) throws -> SimulatedDevice {
        var profile = try library.profile(profileName)
        if let unit { profile.modbus?.unit = unit }
        return try SimulatedDevice(name, profile: profile, every: interval, course: course)
    }

    /// What was published so far, one pack for each record, of devices whose names begin so.
    func packs(of device: String) -> [[Reading]] {
        inbox.records.filter { $0.device?.hasPrefix(device) == true }.compactMap { Self.readings($0.payload) }
    }

    /// Names of all devices of which something was published.
    var deviceNames: Set<String> { Set(inbox.records.compactMap(\.device)) }

    /// Waits until so many records of a device are there.
    func publishes(_ count: Int, of device: String, within limit: Duration = .seconds(60)) async -> Bool {
        await eventually(within: limit) { self.packs(of: device).count >= count }
    }

    /// Ends the agent, then the lines, and expects a good end.
    func end(_ lines: [SimulatedLine]) async throws {
        #expect(try await agent.stop() == .exited(0), "\(agent.logText)")
        for line in lines { line.stop() }
    }

    /// The names, values and units of a SenML pack.
    static func readings(_ payload: [UInt8]) -> [Reading]? {
        JSONTree(payload)?.elements.compactMap { record in
            guard let name = record["n"]?.string else { return nil }
            let unit = record["u"]?.string
            if let number = record["v"]?.number { return Reading(name: name, value: .number(number), unit: unit) }
            if let text = record["vs"]?.string { return Reading(name: name, value: .text(text), unit: unit) }
            return record["vb"]?.boolean.map { Reading(name: name, value: .boolean($0), unit: unit) }
        }
    }

    /// Everything that the samples of a profile hold, as it is published.
    static func truth(_ profile: Profile) -> Set<Reading> {
        let decoder = ProfileDecoder(profile)
        var truth: Set<Reading> = []
        for sample in profile.samples where !sample.isRejected && sample.variant == profile.variantName {
            var cutter = FrameCutter(profile.framing)
            if let request = sample.request { cutter.expectReply(to: request) }
            cutter.append(sample.bytes)
            steps: while true {
                switch cutter.next() {
                case .needMoreBytes: break steps
                case .skipped: continue
                case .frame(let content):
                    for reading in decoder.decode(content, request: sample.request).readings {
                        var reading = reading.inPrimaryUnit
                        reading.milliseconds = nil
                        reading.name = SenMLPack.senMLName(reading.name)
                        truth.insert(reading)
                    }
                }
            }
        }
        return truth
    }
}
