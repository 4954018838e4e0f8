import FoundationEssentials
import Glibc
import Records

/// `replays` in the folder of the log: requests that a command has left there, and what became of them. So a request is
/// durable, works whether the agent runs or not, and needs no lock on the log.
///
/// A request is `<name>.request`; when it is done, it is removed and `<name>.outcome` is there. Both are JSON.
public struct ReplayFolder: Sendable {
    /// Why a file could not be written.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        /// What was attempted, and what to do about it.
        public let description: String
    }

    /// Requests that may wait, and outcomes that are kept for whoever asked.
    static let filesMax = 100
    private static let sizeMax = ByteCount.kibibytes(64)

    /// Where it is.
    public let path: String

    /// The folder in that of a log; it need not be there yet.
    public init(log path: String) { self.path = path + "/replays" }

    // MARK: For the command

    /// Leaves a request, and returns its name.
    ///
    /// - Throws: where too many wait already, or the folder cannot be written.
    public func leave(_ request: ReplayRequest) throws(Failure) -> String {
        guard names(ending: ".request").count < Self.filesMax else {
            throw Failure(description: "\(Self.filesMax) requests wait already in \(path)")
        }
        let name = String(UInt64.random(in: 1 << 60 ... .max), radix: 36)
        try write(request, to: name + ".request")
        return name
    }

    /// What became of a request, once; nil while it is not done.
    public func takeOutcome(of name: String) -> ReplayOutcome? {
        guard let outcome: ReplayOutcome = read(name + ".outcome") else { return nil }
        unlink("\(path)/\(name).outcome")
        return outcome
    }

    /// Whether a request still waits, or is being worked on.
    public func isWaiting(_ name: String) -> Bool { access("\(path)/\(name).request", F_OK) == 0 }

    // MARK: For the agent

    /// The requests that are there, the oldest first. One that cannot be read is refused.
    func requests() -> [(name: String, request: ReplayRequest)] {
        names(ending: ".request").compactMap { name in
            if let request: ReplayRequest = read(name + ".request") { return (name, request) }
            finish(name, ReplayOutcome(problem: "the request cannot be read"))
            return nil
        }
    }

    /// Notes how far a request is. A failure costs that it begins anew after a restart.
    func save(_ request: ReplayRequest, as name: String) { try? write(request, to: name + ".request") }

    /// Says what became of a request, and removes it.
    func finish(_ name: String, _ outcome: ReplayOutcome) {
        // Nobody may be there to read it; the request goes all the same, else it would be done for ever.
        try? write(outcome, to: name + ".outcome")
        unlink("\(path)/\(name).request")
        for old in names(ending: ".outcome").dropLast(Self.filesMax) { unlink("\(path)/\(old).outcome") }
    }

    // MARK: Files

    /// Makes the folder if it is absent, for the user that the log belongs to, whoever makes it.
    func prepare() throws(Failure) {
        guard mkdir(path, 0o700) == 0 else {
            if errno == EEXIST { return }
            let code = errno
            let reason = String(cString: strerror(code))
            let advice = code == ENOENT ? "is that the folder that [log] path names?" : Self.advice
            throw Failure(description: "cannot make \(path): \(reason); \(advice)")
        }
        var parent = stat()
        guard stat(path + "/..", &parent) == 0 else { return }
        // Only root can give a folder away; for anybody else it is theirs already, or of no use.
        _ = chown(path, parent.st_uid, parent.st_gid)
    }

    /// Names without their ending, the oldest first.
    private func names(ending: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var found: [(name: String, modified: Int)] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            var status = stat()
            guard name.hasSuffix(ending), lstat("\(path)/\(name)", &status) == 0 else { continue }
            found.append((String(name.dropLast(ending.count)), status.st_mtim.tv_sec))
        }
        return found.sorted { ($0.modified, $0.name) < ($1.modified, $1.name) }.map(\.name)
    }

    private func read<Value: Decodable>(_ name: String) -> Value? {
        // What cannot be read is treated like what says nothing: the callers refuse it.
        file(name).bytes.flatMap { try? JSONDecoder().decode(Value.self, from: Data($0)) }
    }

    /// Writes a whole file or none.
    private func write(_ value: some Encodable, to name: String) throws(Failure) {
        try prepare()
        let bytes: [UInt8]
        do {
            bytes = Array(try JSONEncoder().encode(value))
        } catch {
            preconditionFailure("plain numbers and texts always encode: \(error)")
        }
        do throws(WholeFile.Failure) {
            try file(name).replace(with: bytes)
        } catch {
            throw Failure(description: "\(error); \(Self.advice)")
        }
    }

    /// Root may have left it for the agent, so others may read it.
    private func file(_ name: String) -> WholeFile {
        WholeFile("\(path)/\(name)", mode: 0o644, sizeMax: Self.sizeMax)
    }

    private static let advice = "run the command as the user that runs the agent, or as root"
}
