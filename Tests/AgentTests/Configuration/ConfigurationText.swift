import Agent
import Simulation
import StrictTOML
import Testing

/// A configuration as a test writes it.
struct ConfigurationText {
    /// The folder that relative paths are taken from.
    let folder: TemporaryFolder
    /// A machine id that gives the gateway a known name.
    let machineIDPath: String

    /// The file name that messages begin with.
    static let file = "millrace.toml"

    init() throws {
        folder = try TemporaryFolder()
        machineIDPath = try folder.write("machine-id", "0123456789abcdef0123456789abcdef\n")
    }

    func read(_ text: String) throws(ConfigurationError) -> AgentConfiguration {
        try AgentConfiguration.read(
            text: text, file: Self.file, directory: folder.path, machineIDPath: machineIDPath)
    }

    /// What is wrong with a text, one line each, the folder's path written as FOLDER; empty where nothing is.
    func problems(_ text: String) -> [String] {
        do {
            _ = try read(text)
            return []
        } catch {
            return error.issues.map { $0.description.replacing(folder.path, with: "FOLDER") }
        }
    }

    /// The notes on a text that has no errors.
    func notes(_ text: String) throws -> [String] {
        try read(text).notes.map { $0.description.replacing(folder.path, with: "FOLDER") }
    }

    /// What stands before the lines of an uplink `h`, whatever it is.
    static let httpUplink = "[serial.s]\nport = \"/dev/x\"\n[uplinks.h]\n"

    /// The endpoint that these lines of ``httpUplink`` describe.
    func httpDestination(_ lines: String) throws -> HTTPDestination {
        let configuration = try read(Self.httpUplink + lines)
        guard case .http(let destination)? = configuration.uplinks.first?.destination else {
            throw SimulationError("no HTTP destination")
        }
        return destination
    }
}
