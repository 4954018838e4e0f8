import StrictTOML

/// The bridges of a mosquitto.conf(5) as a configuration of Millrace: what `millrace check --from-mosquitto` prints.
public struct MosquittoCarryOver: Sendable {
    /// Something that a person should know of one line.
    public struct Remark: Sendable, CustomStringConvertible {
        let issue: ConfigurationIssue
        /// Whether the line has no counterpart; otherwise it is done in another way.
        public let isLost: Bool

        /// `mosquitto.conf:14: start_type: not carried over: ...`
        public var description: String { issue.description }
    }

    /// The configuration, in TOML, with the line that each part comes from.
    public let text: String
    /// In the order of the lines.
    public let remarks: [Remark]

    /// Whether every line has a counterpart.
    public var isComplete: Bool { !remarks.contains(where: \.isLost) }

    /// Reads a file of mosquitto, with those that its `include_dir` names.
    ///
    /// - Throws: `ConfigurationError` where it cannot be read, has no bridge, or a bridge in it is wrong.
    public init(path: String) throws(ConfigurationError) {
        let file = try MosquittoFile(path: path)
        let connections = try MosquittoConnection.read(file, path: path)
        var names: Set<String> = []
        var translations: [BridgeTranslation] = []
        for connection in connections {
            let name = Self.name(of: connection, besides: names)
            names.insert(name)
            translations.append(
                BridgeTranslation(
                    connection, name: name, local: file.localAddress, asksForLogin: file.asksForLogin))
        }
        var remarks = translations.flatMap(\.remarks)
        remarks += Self.chains(translations)
        self.remarks = remarks
        text = BridgeText.text(of: translations, path: path)
    }

    /// A name for the tables of a connection: what is not allowed in one becomes a hyphen.
    private static func name(of connection: MosquittoConnection, besides taken: Set<String>) -> String {
        let letters = connection.name.lowercased().map { character in
            character.isASCII && (character.isLetter || character.isNumber || "-_".contains(character))
                ? character : "-"
        }
        var name = trimmed(String(letters.prefix(20)))
        if !(name.first?.isLetter ?? false) { name = trimmed("bridge-" + name.prefix(13)) }
        guard taken.contains(name) else { return name }
        // There are fewer connections than numbers.
        return (2...).lazy.map { "\(name)-\($0)" }.first { !taken.contains($0) } ?? name
    }

    /// Without hyphens at its ends.
    private static func trimmed(_ name: String) -> String {
        var rest = name.drop { $0 == "-" }
        while rest.last == "-" { rest.removeLast() }
        return String(rest)
    }

    /// What comes in by one bridge and would go out by another: mosquitto passes it on, Millrace does not take in what
    /// has passed it.
    private static func chains(_ translations: [BridgeTranslation]) -> [Remark] {
        var remarks: [Remark] = []
        for source in translations {
            for other in translations where other.name != source.name {
                for topic in other.connection.topics where topic.direction.goesOut {
                    let out = TopicPattern(filter: topic.localFilter)
                    let feeder = source.connection.topics.first {
                        $0.direction.comesIn && out.meets(TopicPattern(filter: $0.localFilter))
                    }
                    guard let feeder else { continue }
                    let message =
                        "not carried over: what comes in by line \(feeder.line.number) goes on from here in mosquitto, "
                        + "from bridge to bridge; Millrace does not take in what has passed it: add the stream "
                        + "\(quoted(source.name + "-in")) and a mapping for its topics to [uplinks.\(other.name)-out]"
                    remarks.append(Remark(issue: topic.line.issue(message), isLost: true))
                }
            }
        }
        return remarks
    }
}
