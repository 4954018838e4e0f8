import Records
import StrictTOML

extension Profile {
    /// Reads and checks a profile; its name is that of the file.
    ///
    /// - Throws: ``StrictTOML/ConfigurationError`` with everything that is wrong, where something is.
    public static func load(path: String) throws(ConfigurationError) -> Profile {
        let document = try TOMLDocument(path: path)
        let file = path.split(separator: "/").last.map(String.init) ?? path
        let name = file.hasSuffix(".toml") ? String(file.dropLast(5)) : file
        return try read(document, name: name)
    }

    /// Reads and checks a profile.
    ///
    /// - Throws: ``StrictTOML/ConfigurationError`` with everything that is wrong, where something is.
    public static func read(_ text: String, file: String, name: String) throws(ConfigurationError) -> Profile {
        try read(TOMLDocument(text, file: file), name: name)
    }

    private static func read(_ document: TOMLDocument, name: String) throws(ConfigurationError) -> Profile {
        let report = ConfigurationReport(file: document.file)
        var profile = ProfileReader(document, name: name, report: report).read()
        try report.check()
        profile.remarks = report.notes
        for index in profile.variants.indices { profile.variants[index].remarks = report.notes }
        return profile
    }

    /// Whether a name can be that of a profile: lower-case letters, digits and `-`.
    static func isName(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.count <= 64
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    }
}
