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
}

extension ReloadStatus {
    /// As a member of the status.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("time", string: RecordLine.time(wallMilliseconds))
        writer.member("outcome", string: outcome.name)
        writer.key("lines")
        writer.array(Array(outcome.lines.prefix(Self.linesMax))) { $1.string($0) }
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
