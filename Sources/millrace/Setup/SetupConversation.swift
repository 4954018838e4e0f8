import Agent
import DeviceProfiles
import Glibc
import Records
import SerialIO
import Simulation
import StrictTOML

/// Asks what a gateway needs to know, tries each answer for real, and makes a configuration of them.
struct SetupConversation {
    let questions = Questions()
    /// Where the configuration is, or will be.
    let path: String
    let library: ProfileLibrary
    /// Folders of profiles that were given, and belong into the configuration when one of theirs is used.
    let profileFolders: [String]
    var tree = DeviceTree()
    /// The text so far: what is there already, and what was answered.
    var text: ConfigurationText
    /// Files with secrets that were made meanwhile.
    let secrets: SecretFiles

    init(path: String, existing: String?, profileFolders: [String]) {
        self.path = path
        self.profileFolders = profileFolders
        secrets = SecretFiles(beside: path)
        text = ConfigurationText(existing ?? Self.beginning)
        let directory = AgentPlace.directory(of: path)
        let known = Self.folders(in: try? TOMLDocument(text.text, file: path))
        library = ProfileLibrary(folders: profileFolders + known.map { $0.hasPrefix("/") ? $0 : "\(directory)/\($0)" })
    }

    /// `[profiles] folders`
    static func folders(in document: TOMLDocument?) -> [String] {
        guard case .array(let elements) = document?.root["profiles"]?["folders"]?.content else { return [] }
        return elements.compactMap(\.string)
    }

    private static let beginning = """
        # Millrace: what this gateway takes in, keeps, and forwards. Made by millrace setup, which can be run again.
        # Every key is described in docs/configuration.md; millrace check says what is wrong.
        """

    var directory: String { AgentPlace.directory(of: path) }

    // MARK: The questions

    /// All of them, in order.
    ///
    /// - Throws: `Questions.Ended` where the answers are over.
    mutating func run() async throws {
        try askGateway()
        try askLog()
        repeat {
            try await askBrokers()
            try await askPorts()
        } while try isWithoutSource()
        try await askUplinks()
    }

    private func isWithoutSource() throws -> Bool {
        guard names(in: "mqtt").isEmpty, names(in: "serial").isEmpty else { return false }
        questions.tell("  there is no source yet, and without one there is nothing to keep")
        return true
    }

    /// The document as it stands; nil where it has mistakes.
    var document: TOMLDocument? { try? TOMLDocument(text.text, file: path) }

    private mutating func askGateway() throws {
        let known = document?.root["gateway"]?["id"]?.string
        let machine = TemporaryFolder.contents(of: "/etc/machine-id")
        let usual = known ?? MachineIdentity.gatewayID(machineID: machine)?.rawValue ?? hostName
        let id = try questions.ask("Name of this gateway in the fleet", default: usual) { text in
            GatewayID(text) == nil ? "1 to 64 letters, digits, \"-\", \"_\" and \".\"" : nil
        }
        if id != known { text.set("id", of: "gateway", to: TOMLText.string(id)) }
    }

    private mutating func askLog() throws {
        let known = document?.root["log"]?["path"]?.string
        let folder = try questions.ask("Folder of the log", default: known ?? "/var/lib/millrace") { text in
            text.hasPrefix("/") || text == known ? nil : "a path that begins with /"
        }
        if folder != known { text.set("path", of: "log", to: TOMLText.string(folder)) }
        let place = SelfTest.existing(folder)
        let disk = DiskDescription(folder: place)
        let free = MediumWatch(folder: place).status(written: nil, rate: nil, endurance: nil).free
        questions.tell("  \(place) is on \(disk.kind.name)" + (free.map { ", \($0) are free" } ?? ""))
        if access(place, W_OK) != 0 {
            questions.tell("  this user may not write there; the agent's user must")
        }
        let usual = document?.root["log"]?["capacity"]?.string
        let capacity = try questions.ask("How large may the log grow", default: usual ?? "512MiB") { text in
            guard let size = ByteCount(text), size >= .mebibytes(4) else {
                return "a size such as 512MiB, 4MiB at least"
            }
            return nil
        }
        if capacity != usual { text.set("capacity", of: "log", to: TOMLText.string(capacity)) }
    }

    // MARK: Trying a table

    /// Puts a table into the text and reads the whole; takes it out again where it has mistakes, which are told.
    mutating func take(_ table: String, _ body: [String]) -> AgentConfiguration? {
        let before = text
        text.set(table, body)
        do throws(ConfigurationError) {
            return try configuration()
        } catch {
            for issue in error.issues { questions.tell("  \(issue.message)") }
            text = before
            return nil
        }
    }

    /// What the text says.
    func configuration() throws(ConfigurationError) -> AgentConfiguration {
        try AgentConfiguration.read(text: text.text, file: path, directory: directory)
    }

    /// Tells what was found. True where it is good, or could not be told.
    func tell(_ finding: Finding) -> Bool { questions.tell(finding) }

    /// Names of the tables below one, such as those of all uplinks.
    func names(in table: String) -> [String] {
        guard case .table(let entries) = document?.root[table]?.content else { return [] }
        return entries.map(\.key)
    }

    private var hostName: String {
        var bytes = [CChar](repeating: 0, count: 256)
        guard gethostname(&bytes, bytes.count - 1) == 0 else { return "gateway" }
        let name = String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return GatewayID(name) == nil ? "gateway" : name
    }
}
