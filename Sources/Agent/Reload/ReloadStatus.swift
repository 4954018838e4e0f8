import Records

/// What came of the last reload, and when: for the status.
public struct ReloadStatus: Sendable, Equatable {
    /// Milliseconds since 1970, as the clock stood.
    public var wallMilliseconds: Int64
    /// What came of it.
    public var outcome: ReloadOutcome

    /// Changes or reasons that are shown; a file can be wrong in any number of places.
    public static let linesMax = 50

    /// An outcome and its time.
    public init(_ outcome: ReloadOutcome, wallMilliseconds: Int64) {
        self.outcome = outcome
        self.wallMilliseconds = wallMilliseconds
    }

    /// Whether the file was not taken.
    public var isRefused: Bool { if case .refused = outcome { true } else { false } }

    /// The outcome as one word: `unchanged`, `applied` or `refused`.
    var name: String {
        switch outcome {
        case .unchanged: "unchanged"
        case .applied: "applied"
        case .refused: "refused"
        }
    }

    /// What has changed, or why nothing has, cut at ``linesMax``.
    var lines: [String] {
        switch outcome {
        case .unchanged: []
        case .applied(let lines), .refused(let lines): Array(lines.prefix(Self.linesMax))
        }
    }
}

extension ReloadStatus {
    /// As a member of the status.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("time", string: RecordLine.time(wallMilliseconds))
        writer.member("outcome", string: name)
        writer.key("lines")
        writer.array(lines) { $1.string($0) }
        writer.endObject()
    }
}

extension StatusProblem {
    /// Reasons that are named; the rest is counted.
    private static let reasonsMax = 3

    /// While the last reload was refused, the file on the disk is another one than what holds: at the next start it
    /// would not be taken either.
    static func of(_ reload: ReloadStatus?) -> [StatusProblem] {
        guard case .refused(let reasons)? = reload?.outcome else { return [] }
        let more = reasons.count - reasonsMax
        let named = reasons.prefix(reasonsMax).joined(separator: "; ") + (more > 0 ? "; and \(more) more" : "")
        return [
            StatusProblem(
                .warning, "configuration",
                "the file was not taken: \(named); what held before still does; mend it and `millrace reload`")
        ]
    }
}
