/// What a program did to one folder and said on its sockets, in order, as strace saw it.
///
/// A test runs the program under strace with the folder followed, then asks what a power cut at any moment could have
/// left on the disk, and what the program had promised by then:
///
/// ```swift
/// let recording = TraceRecording(of: [millrace, "run", "--config", file], following: log, into: "\(work)/strace.log")
/// // ... run `recording.command` as a child process, send messages, end it ...
/// let trace = try recording.trace()
/// let acknowledged = AcknowledgementTrace(of: trace, peerPort: broker.port)
///
/// let cuts = trace.powerCuts(300, seed: 1)
/// try trace.forEachImage(after: cuts) { cut, image in
///     try image.write(to: folder)
///     let kept = try payloads(in: folder)                       // opens it with the program's own recovery
///     for promise in acknowledged.acknowledgements(through: cut.moment) {
///         #expect(kept.contains(promise.payload), "\(cut)")     // `cut` is enough to build the image again
///     }
/// }
/// ```
///
/// A run that starts on a folder with files in it takes their content as `baseline`. So a cut during recovery is
/// tested by writing an image, tracing the program's start on it, and cutting that trace in turn.
///
/// What system calls do not show is listed in ``unfollowed``: a test should expect that to be empty.
public struct SystemCallTrace: Sendable {
    /// Everything done, ordered by the moment at which it began.
    public let operations: [TracedOperation]
    /// What happened to the folder or the sockets that this trace cannot follow: files mapped for writing, io_uring,
    /// files moved in from elsewhere, `O_SYNC`. One sentence each, with the line of the log.
    public let unfollowed: [String]
    /// The number of lines of the log: one past the last moment.
    public let end: Int
    /// What the folder held before the run.
    public let baseline: FolderImage
    private let paths: [String]

    /// Reads a log that strace wrote with the options of ``TraceRecording``.
    ///
    /// - Parameters:
    ///   - log: the log's path.
    ///   - folder: the folder whose files are followed; operations on other files are dropped.
    ///   - baseline: what the folder held before the run; empty where the program made everything itself.
    /// - Throws: where the log cannot be read, is cut short, or touches a file that is neither new nor in `baseline`.
    public init(
        log: String, following folder: String, baseline: FolderImage = FolderImage()
    ) throws(SystemCallTraceError) {
        var reader = TraceReader(following: folder, baseline: baseline)
        let outcome = try reader.read(log)
        operations = outcome.operations
        unfollowed = outcome.unfollowed
        paths = outcome.paths
        end = outcome.end
        self.baseline = baseline
    }

    /// The last path of `file`, relative to the followed folder.
    public func path(of file: FileNumber) -> String { paths[file.number] }

    /// Every moment at which the disk's possible contents, or what has been promised, may change; ascending.
    ///
    /// Cutting at each of them, and just before each, covers all there is to cut.
    public var cutMoments: [Int] {
        var moments: Set<Int> = []
        for operation in operations {
            switch operation.action {
            case .receive, .close: continue
            default: moments.insert(operation.counted ?? operation.began)
            }
        }
        return moments.sorted()
    }

    /// The lines that the program wrote to standard output (1) or standard error (2), each with the moment at which
    /// the write that completed it began.
    public func outputLines(_ descriptor: Int = 1) -> [(moment: Int, text: String)] {
        var lines: [(Int, String)] = []
        var partial: [UInt8] = []
        for operation in operations {
            guard case .output(descriptor, let bytes) = operation.action else { continue }
            for byte in bytes {
                if byte == UInt8(ascii: "\n") {
                    lines.append((operation.began, String(decoding: partial, as: UTF8.self)))
                    partial = []
                } else {
                    partial.append(byte)
                }
            }
        }
        return lines
    }
}
