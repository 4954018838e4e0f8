import DeviceProfiles
import Records
import StrictTOML

/// Everything that `millrace.toml` says, with defaults where it says nothing.
///
/// `docs/configuration.md` describes every key.
public struct AgentConfiguration: Sendable {
    /// The gateway's name in the fleet.
    public var gateway: GatewayID
    /// Where the ring log is and how large it may grow.
    public var log: LogConfiguration
    /// What is less important is not logged.
    public var loggingLevel: LoggingLevel
    /// In the order of the file; `telemetry` is always among them.
    public var streams: [StreamConfiguration]
    /// Brokers whose messages are taken in, in the order of the file.
    public var mqttSources: [MQTTSourceConfiguration]
    /// Serial ports that are read, in the order of the file.
    public var serialSources: [SerialSourceConfiguration]
    /// Destinations, in the order of the file; none is allowed.
    public var uplinks: [UplinkConfiguration]
    /// What a person should know but does not stop the start, in the order of the lines.
    public var notes: [ConfigurationIssue]
    /// Who may ask the agent, and how.
    public var admin = AdminConfiguration()
    /// Where profiles are found.
    public var profiles = ProfileLibrary()
    /// What was read; nil where it was made otherwise.
    var document: TOMLDocument?

    /// Reads a configuration file and checks it against the machine: the files that it names are opened.
    ///
    /// - Parameters:
    ///   - path: the file; relative paths in it are taken from its directory.
    ///   - machineIDPath: where the gateway's id comes from when the file gives none, see `MachineIdentity`.
    ///   - credentialsDirectory: where systemd has put the service's credentials (`$CREDENTIALS_DIRECTORY`), which
    ///     `credential:NAME` names.
    /// - Throws: `ConfigurationError` with everything that is wrong, in the order of the lines.
    public static func load(
        path: String, machineIDPath: String = "/etc/machine-id", credentialsDirectory: String? = nil
    ) throws(ConfigurationError) -> AgentConfiguration {
        let document = try TOMLDocument(path: path)
        return try read(
            document, directory: directory(of: path), machineIDPath: machineIDPath,
            credentialsDirectory: credentialsDirectory)
    }

    /// Reads a configuration from a text; otherwise like ``load(path:machineIDPath:credentialsDirectory:)``.
    ///
    /// - Parameters:
    ///   - text: the TOML.
    ///   - file: the name that messages begin with.
    ///   - directory: what relative paths are taken from.
    /// - Throws: ``ConfigurationError`` with everything that is wrong.
    public static func read(
        text: String, file: String, directory: String, machineIDPath: String = "/etc/machine-id",
        credentialsDirectory: String? = nil
    ) throws(ConfigurationError) -> AgentConfiguration {
        try read(
            TOMLDocument(text, file: file), directory: directory, machineIDPath: machineIDPath,
            credentialsDirectory: credentialsDirectory)
    }

    private static func read(
        _ document: TOMLDocument, directory: String, machineIDPath: String, credentialsDirectory: String?
    ) throws(ConfigurationError) -> AgentConfiguration {
        let report = ConfigurationReport(file: document.file)
        var reader = AgentConfigurationReader(
            report: report, directory: directory, machineIDPath: machineIDPath,
            credentialsDirectory: credentialsDirectory)
        let configuration = reader.read(document)
        try report.check()
        return configuration
    }

    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
