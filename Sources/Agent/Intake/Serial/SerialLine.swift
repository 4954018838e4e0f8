import DeviceProfiles
import Logging
import Records
import SerialIO

/// One port of a source: its reader, the conversation on it, and where its readings go.
final class SerialLine: Sendable {
    /// The port, or one match of a pattern.
    let port: PortName
    /// What became of what it delivered.
    let receiver: LineReceiver
    /// What came of asking, by the number of the device; nil where nothing is asked.
    let ledger: PollLedger?
    /// The devices that the configuration names, in the order of ``ledger``.
    let devices: [String]
    /// The last frames that could not be understood.
    let badFrames = BadFrames()
    /// How its devices speak.
    private let profiles: [Profile]
    private let reader: SerialReader

    /// A line that does nothing until ``start()``.
    ///
    /// - Parameters:
    ///   - suffix: told apart by this are the devices of several ports of one source; empty for the only port.
    /// - Throws: ``SerialPortError`` where the process has no descriptors left.
    init(
        _ configuration: SerialSourceConfiguration, port: PortName, suffix: String, into records: ReadingRecords,
        clock: any GatewayClock, tree: DeviceTree, logger: Logger
    ) throws {
        self.port = port
        var settings = configuration.link.settings
        var framing: FramingRule
        let script: any LineScript
        switch configuration.content {
        case .raw(var lines):
            profiles = []
            lines.device += suffix
            receiver = LineReceiver(
                lines, port: port, of: configuration, into: records, clock: clock, logger: logger)
            self.devices = [lines.device]
            framing = lines.framing
            script = ListeningScript()
            ledger = nil
        case .devices(let devices):
            var devices = devices.map { DeviceConfiguration($0, suffix: suffix) }
            let polled = devices.map { ($0, PolledDevice(name: $0.name, profile: $0.profile, values: $0.parameters)) }
            let asked = polled.compactMap(\.1)
            // Either all devices of a line are asked, or there is one that speaks by itself: the configuration is
            // checked for that. One that cannot be asked would only shift the numbers of the others.
            if !asked.isEmpty { devices = polled.filter { $0.1 != nil }.map(\.0) }
            receiver = LineReceiver(
                devices: devices, asked: asked, port: port, of: configuration, into: records, clock: clock,
                logger: logger)
            self.devices = devices.map(\.name)
            profiles = devices.map(\.profile)
            framing = devices[0].profile.framing
            framing.sizeMax = devices.map(\.profile.framing.sizeMax).max() ?? framing.sizeMax
            ledger = asked.isEmpty ? nil : PollLedger(devices: asked.count)
            settings.wantsLowLatency = !asked.isEmpty
            let line = BusLine(settings: settings, gap: configuration.link.gap, of: devices.map(\.profile))
            script = ledger.map { BusMaster(devices: asked, line: line, ledger: $0) } ?? ListeningScript()
        case .detected: preconditionFailure("what is on a port is detected before it is read: see SerialSource")
        }
        reader = try SerialReader(
            port: port, settings: settings,
            framer: BadFrameTap(FrameCutter(framing), into: badFrames, clock: clock), script: script,
            receiver: receiver, clock: clock, tree: tree)
    }

    /// Whether its devices speak as the files of their profiles say now; a file that is gone or wrong says nothing.
    func isAsDescribed(in library: ProfileLibrary) -> Bool {
        profiles.allSatisfy { profile in (try? library.profile(profile.name)).map { $0 == profile } ?? true }
    }

    /// What the reader has done so far.
    var counters: SerialCounters { reader.counters }

    /// Begins to read.
    ///
    /// - Throws: ``SerialPortError`` where the system gives no thread.
    func start() throws { try reader.start() }

    /// Says goodbye to the devices, and closes the port; then what has waited goes out.
    func stop() async {
        await reader.stop()
        receiver.publishDue()
    }
}

extension DeviceConfiguration {
    /// The same with a longer name.
    fileprivate init(_ device: Self, suffix: String) {
        self = device
        name += suffix
    }
}
