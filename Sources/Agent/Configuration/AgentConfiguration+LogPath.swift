import StrictTOML

extension AgentConfiguration {
    /// The folder of the log that a file names, whatever else is wrong with the file: where to find the agent that was
    /// started with it.
    ///
    /// - Throws: ``ConfigurationError`` where the file cannot be read, or is no TOML.
    public static func logPath(of file: String) throws(ConfigurationError) -> String {
        let document = try TOMLDocument(path: file)
        let reader = AgentConfigurationReader(
            report: ConfigurationReport(file: document.file), directory: directory(of: file), machineIDPath: "")
        let table = TableReader(document, report: reader.report).tableOrEmpty("log")
        return table.string("path").map(reader.resolved) ?? LogConfiguration().path
    }
}
