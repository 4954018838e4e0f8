import Agent
import ArgumentParser
import DeviceProfiles
import Glibc
import Records
import SerialIO
import UnixSignals

/// What comes on a port, as it comes.
struct DevicesListen: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "listen", abstract: "Show what comes on a port: a live table, JSON lines, or bytes.",
        discussion: """
            With a profile: on a terminal a table of its readings, each with its last values as a curve; elsewhere, \
            and with --json, one JSON object per frame, as `decode` prints it. A device that has to be asked is asked. \
            Without a profile, and with --raw: the bytes as they come, with the time.

            Ends on Control-C, and exits with 75 where the port is absent or in use.
            """)

    @Argument(help: "The port, as in the configuration: usb:VENDOR:PRODUCT, or a path.") var port: String
    @Option(help: "The profile's name, name/variant, or the path of its file.") var profile: String?
    @OptionGroup var profiles: ProfilesOption
    @Flag(help: "Show bytes.") var raw = false
    @Flag(help: "Print JSON lines, also on a terminal.") var json = false
    @Option(help: ArgumentHelp("Write all bytes that come into a file.", valueName: "file"), completion: .file())
    var capture: String?
    @Option(help: "End after so many seconds.") var seconds: Int?
    @OptionGroup var link: LinkOptions
    @Option(help: "The Modbus address of the device, instead of the profile's.") var unit: Int?
    @Option(help: "The address of the device in the profile's own protocol, instead of the profile's.")
    var address: String?

    func validate() throws {
        guard let name = PortName(port), !name.isPlural else { throw ValidationError(DevicesDetect.portRule(port)) }
        if let seconds, seconds < 1 { throw ValidationError("--seconds is at least 1.") }
        if json, raw { throw ValidationError("Give one of --json and --raw.") }
        if json, profile == nil { throw ValidationError("--json needs --profile.") }
        if let unit, !ModbusRule.units.contains(unit) { throw ValidationError("--unit is between 1 and 254.") }
    }

    func run() async throws {
        let chosen = try profile.map { try addressed(profiles.profile($0)) }
        var settings = chosen?.link.settings ?? SerialSettings()
        link.change(&settings)
        let polled = try chosen.flatMap { try polledDevice($0) }
        settings.wantsLowLatency = polled != nil
        let file = try openCapture()
        defer { if file >= 0 { close(file) } }
        let output: LineMonitor.Output =
            raw || chosen == nil ? .raw : json || !Terminal.isInteractive ? .json : .table
        let monitor = LineMonitor(output, profile: chosen, device: polled, capture: file)
        guard let name = PortName(port) else { throw ExitCode.validationFailure }
        let reader = try SerialReader(
            port: name, settings: settings, framer: monitor.framer,
            script: script(polled, chosen, settings), receiver: monitor, clock: SystemClock())
        try reader.start()
        let ending = await watch(monitor, output, title: chosen?.title ?? "\(settings)")
        await reader.stop()
        monitor.finish()
        try report(ending, monitor.current)
    }

    // MARK: What is read

    /// The profile with the address that was given.
    private func addressed(_ profile: Profile) throws -> Profile {
        var profile = profile
        if let unit {
            guard profile.modbus != nil else { throw ValidationError("\(profile.name) has no Modbus address.") }
            profile.modbus?.unit = unit
        }
        guard let address else { return profile }
        if profile.mbus != nil {
            guard let number = Int(address), MBusRule.addresses.contains(number) else {
                throw ValidationError("An M-Bus address is between 0 and 254.")
            }
            profile.mbus?.address = number
            profile.mbus?.secondary = nil
        } else if profile.sdi12 != nil {
            if let problem = SDI12Rule.problem(address: address) { throw ValidationError("--address: \(problem).") }
            profile.sdi12?.address = address
        } else if profile.iec62056 != nil {
            if let problem = IEC62056Rule.problem(address: address) { throw ValidationError("--address \(problem).") }
            profile.iec62056?.address = address
        } else if let index = profile.parameters.firstIndex(where: { $0.name == "address" }) {
            profile.parameters[index].defaultText = address
        } else {
            throw ValidationError("\(profile.name) has no address.")
        }
        return profile
    }

    /// What the device is asked; nil where it speaks by itself.
    private func polledDevice(_ profile: Profile) throws -> PolledDevice? {
        guard profile.isPolled else { return nil }
        guard let device = PolledDevice(name: profile.name, profile: profile) else {
            let names = profile.parameters.filter { $0.defaultText == nil }.map(\.name).joined(separator: ", ")
            printError("millrace: \(profile.name) needs \(names) to be asked; only --address can be given here")
            throw ExitCode.validationFailure
        }
        return device
    }

    private func script(_ device: PolledDevice?, _ profile: Profile?, _ settings: SerialSettings) -> any LineScript {
        guard let device, let profile else { return ListeningScript() }
        let line = BusLine(settings: settings, gap: profile.link.gap, of: [profile])
        return BusMaster(devices: [device], line: line, ledger: PollLedger(devices: 1))
    }

    private func openCapture() throws -> Int32 {
        guard let capture else { return -1 }
        let descriptor = open(capture, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            printError("millrace: cannot write \(capture): \(String(cString: strerror(errno)))")
            throw ExitCode(EX_CANTCREAT)
        }
        return descriptor
    }

    // MARK: How it ends

    private enum Ending { case asked, unusable(String), captureFailed(String) }

    /// Shows what comes, until a signal, the key q, or the end of the time.
    private func watch(_ monitor: LineMonitor, _ output: LineMonitor.Output, title: String) async -> Ending {
        let screen = output == .table ? LiveScreen(title: title) : nil
        defer { screen?.close() }
        let deadline = seconds.map { ContinuousClock.now + .seconds($0) }
        return await withTaskGroup(of: Ending?.self) { group in
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { return .asked }
                return nil
            }
            group.addTask {
                var hasOpened = false
                while deadline.map({ .now < $0 }) ?? true {
                    let seen = monitor.current
                    if let problem = seen.captureProblem { return .captureFailed(problem) }
                    switch seen.state {
                    case .open: hasOpened = true
                    case .absent where !hasOpened: return .unusable("\(port) is not there")
                    case .unavailable(let reason) where !hasOpened: return .unusable(reason)
                    default: break
                    }
                    if let screen, !screen.show(seen) { return .asked }
                    // Cancellation ends the pause, and with it the task.
                    guard (try? await Task.sleep(for: .milliseconds(100))) != nil else { return nil }
                }
                return .asked
            }
            let ending = await group.next() ?? nil
            group.cancelAll()
            return ending ?? .asked
        }
    }

    private func report(_ ending: Ending, _ seen: LineMonitor.Seen) throws {
        switch ending {
        case .asked:
            let table = seen.table
            let frames = profile == nil ? "" : "\(table.frames) frames, \(table.errors) errors, "
            printError("\(frames)\(table.bytes) bytes" + (capture.map { ", all of them in \($0)" } ?? ""))
        case .unusable(let reason):
            printError("millrace: \(reason)")
            throw ExitCode.portUnusable
        case .captureFailed(let reason):
            printError("millrace: cannot write \(capture ?? ""): \(reason)")
            throw ExitCode(EX_IOERR)
        }
    }
}

/// How the line is set, where it is not as the profile says.
struct LinkOptions: ParsableArguments {
    @Option(help: "Bits per second.") var baud: Int?
    @Option(help: "5 to 8.") var dataBits: Int?
    @Option(help: "none, even or odd.") var parity: SerialSettings.Parity?
    @Option(help: "1 or 2.") var stopBits: Int?

    func validate() throws {
        var settings = SerialSettings()
        change(&settings)
        if let problem = settings.problems.first { throw ValidationError("The line cannot be set so: \(problem).") }
    }

    func change(_ settings: inout SerialSettings) {
        settings.baud = baud ?? settings.baud
        settings.dataBits = dataBits ?? settings.dataBits
        settings.parity = parity ?? settings.parity
        settings.stopBits = stopBits ?? settings.stopBits
    }
}

extension SerialSettings.Parity: ExpressibleByArgument {}
