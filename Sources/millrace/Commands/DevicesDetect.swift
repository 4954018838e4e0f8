import Agent
import ArgumentParser
import DeviceProfiles
import Glibc
import Records
import SerialIO
import StrictTOML

/// What is at a port.
struct DevicesDetect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detect", abstract: "Find out which profile fits what is at a port.",
        discussion: """
            Listens at the settings of the line that profiles have, the likely ones first, and ranks the profiles by \
            the frames that they understand. With --poll it then asks, but sends only requests that profiles mark as \
            safe. Where models cannot be told apart on the wire it lists them, and a person has to choose. What it \
            prints can be appended to the configuration as it is.

            Exits with 1 where no profile fits, and with 75 where a port is absent or in use.
            """)

    @Argument(help: "The port, as in the configuration: usb:VENDOR:PRODUCT, or a path; by default all ports.")
    var port: String?
    @Flag(help: "Ask too: devices that never speak by themselves are found only so.") var poll = false
    @Option(help: "How long to listen at each setting of the line.") var seconds = 3
    @OptionGroup var profiles: ProfilesOption
    @Flag(help: "Print JSON, one object per port.") var json = false

    func validate() throws {
        guard (1...600).contains(seconds) else { throw ValidationError("--seconds is between 1 and 600.") }
        if let port, PortName(port) == nil { throw ValidationError(Self.portRule(port)) }
    }

    static func portRule(_ port: String) -> String {
        "\(quoted(port)) is no port; write a path such as /dev/ttyUSB0, or usb:VENDOR:PRODUCT."
    }

    func run() async throws {
        let tree = DeviceTree()
        var ports = tree.ports().map { PortName.path($0) }
        if let name = port.flatMap({ PortName($0) }) {
            ports = name.isPlural ? tree.matches(name).map { PortName.path($0) } : [name]
        }
        guard !ports.isEmpty else {
            printError("millrace: \(port.map { "nothing fits \($0)" } ?? "no serial port is plugged in")")
            throw ExitCode.portUnusable
        }
        let known = profiles.all()
        guard !known.isEmpty else {
            printError("millrace: there is no profile in \(profiles.library.folders.joined(separator: ", "))")
            throw ExitCode.configuration
        }
        let detector = PortDetector(profiles: known, listening: .seconds(seconds), asks: poll, tree: tree)
        var outcomes: Set<DetectionReport.Outcome> = []
        var names: Set<String> = []
        for port in ports {
            let report = DetectionReport(
                port: port, lastingName: lastingName(port, tree), result: await result(detector, port), wasAsked: poll,
                namesInUse: names)
            if let name = report.sourceName { names.insert(name) }
            writeLine(json ? report.json : report.text, to: 1)
            if case .failure(let failure) = report.result { printError("millrace: \(failure)") }
            outcomes.insert(report.outcome)
        }
        if outcomes.contains(.found) || outcomes.contains(.ambiguous) { return }
        throw outcomes.contains(.unusable) ? ExitCode.portUnusable : ExitCode.failure
    }

    private func lastingName(_ port: PortName, _ tree: DeviceTree) -> PortName {
        guard case .path(let path) = port, path.hasPrefix("/dev/tty") else { return port }
        return tree.lastingName(of: path)
    }

    private func result(
        _ detector: PortDetector, _ port: PortName
    ) async -> Result<Detection, DetectionReport.Failure> {
        let isShown = isatty(2) == 1
        do {
            let detection = try await detector.detect(port) { step in
                if isShown { printError("\(port): \(step.text)") }
            }
            return .success(detection)
        } catch {
            return .failure(DetectionReport.Failure(message: "\(error)"))
        }
    }
}

extension PortDetector.Step {
    /// For people who wait.
    fileprivate var text: String {
        func counted(_ count: Int) -> String { "\(count) profile\(count == 1 ? "" : "s")" }
        return switch self {
        case .listening(let settings, let count): "listening at \(settings), for \(counted(count))"
        case .asking(let settings, let count): "asking at \(settings), for \(counted(count))"
        case .refused(let settings, let reason): "not at \(settings): \(reason)"
        }
    }
}

extension ExitCode {
    /// A port is absent or in use: try again later (sysexits.h EX_TEMPFAIL).
    static let portUnusable = ExitCode(75)
}
