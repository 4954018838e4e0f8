import AdminHTTP
import ArgumentParser
import StrictTOML

/// Where the agent of a configuration is found: the options of commands that ask it.
struct AgentPlace: ParsableArguments {
    @OptionGroup var file: ConfigurationOption
    @Option(
        help: ArgumentHelp("The agent's socket; else [admin] socket of the configuration.", valueName: "path"),
        completion: .file())
    var socket: String?

    /// What a configuration says of places, whether or not the rest of it is right: who may ask the agent need not be
    /// able to read its passwords.
    struct Paths: Equatable {
        /// Nil where it says that there is none.
        var socket: String?
        var log: String
    }

    /// - Throws: `ExitCode` where there is no configuration that says so, and no option.
    func paths() throws -> Paths {
        let document: TOMLDocument
        do throws(ConfigurationError) {
            document = try TOMLDocument(path: file.path)
        } catch {
            if let socket { return Paths(socket: socket, log: Self.usualLog) }
            printIssues(error)
            throw ExitCode.configuration
        }
        var paths = Self.paths(in: document, directory: Self.directory(of: file.path))
        if let socket { paths.socket = socket }
        return paths
    }

    /// A connection to the agent.
    ///
    /// - Throws: `ExitCode` where the configuration names no socket.
    func client() throws -> AdminClient {
        guard let path = try paths().socket else {
            printError("millrace: [admin] socket of \(file.path) is empty, so the agent cannot be asked here")
            throw ExitCode.configuration
        }
        return AdminClient(socket: path)
    }

    static func paths(in document: TOMLDocument, directory: String) -> Paths {
        func resolved(_ path: String) -> String { path.hasPrefix("/") ? path : "\(directory)/\(path)" }
        let log = document.root["log"]?["path"]?.string.map(resolved) ?? usualLog
        let socket = document.root["admin"]?["socket"]?.string
        guard socket != "" else { return Paths(socket: nil, log: log) }
        return Paths(socket: socket.map(resolved) ?? log + "/admin.sock", log: log)
    }

    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static let usualLog = "/var/lib/millrace"
}

extension TOMLValue {
    /// The text, where it is one.
    var string: String? {
        guard case .string(let text) = content else { return nil }
        return text
    }
}
