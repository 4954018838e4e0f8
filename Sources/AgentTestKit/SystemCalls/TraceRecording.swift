import Glibc

/// A run of a program under strace, in such a way that ``SystemCallTrace`` can read the log.
///
/// The test runs ``command`` as it runs any other, and signals the program through ``tracedProcess(of:)``.
public struct TraceRecording: Sendable {
    /// What to run: strace and its options, then the program. strace ends as the program ends: same exit code, same
    /// signal.
    public let command: [String]
    /// Where strace writes.
    public let log: String
    /// Whose files are followed.
    public let folder: String
    /// What the folder held when this value was made.
    public let baseline: FolderImage

    /// - Parameters:
    ///   - program: the path of the program and its arguments.
    ///   - folder: the folder to follow. What it holds now becomes the trace's baseline; it may not exist yet.
    ///   - log: the path for strace's log; about five bytes for every byte the program writes.
    ///   - faults: what shall go wrong meanwhile.
    /// - Throws: ``SystemCallTraceError`` where the folder cannot be read.
    public init(
        of program: [String], following folder: String, into log: String, faults: [FaultInjection] = []
    ) throws(SystemCallTraceError) {
        self.folder = folder
        self.log = log
        baseline = try FolderImage(reading: folder)
        // -yy: what each descriptor is; -xx: all strings in hexadecimal.
        command =
            ["strace", "-f", "-q", "-yy", "-xx", "-s", "\(Self.stringSizeMax)"] + FaultInjection.filter(faults)
            + ["-o", log, "--trace=" + Self.calls.map { "?" + $0 }.joined(separator: ",")]
            + faults.flatMap { ["-e", $0.description] } + ["--"] + program
    }

    /// The process id of the program itself, for signals, where `strace` is the id of the process that runs
    /// ``command``; nil while strace has not started it, and after its end.
    public func tracedProcess(of strace: Int32) -> Int32? {
        guard let stream = fopen("/proc/\(strace)/task/\(strace)/children", "re") else { return nil }
        defer { fclose(stream) }
        var buffer = [CChar](repeating: 0, count: 64)
        guard fgets(&buffer, Int32(buffer.count), stream) != nil else { return nil }
        let text = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return text.split(separator: " ").first.flatMap { Int32($0) }
    }

    /// Reads the log, once the process that ran ``command`` has ended.
    ///
    /// - Throws: ``SystemCallTraceError`` where the log is not what strace writes.
    public func trace() throws(SystemCallTraceError) -> SystemCallTrace {
        try SystemCallTrace(log: log, following: folder, baseline: baseline)
    }

    /// In bytes: longer strings make reading the log fail.
    private static let stringSizeMax = 4 << 20

    /// Every call that changes files, moves bytes on sockets, or says which descriptor stands for what.
    private static let calls = [
        "open", "openat", "openat2", "creat", "close", "dup", "dup2", "dup3", "fcntl", "lseek", "read", "readv",
        "recvfrom", "recvmsg", "write", "writev", "pwrite64", "pwritev", "pwritev2", "sendto", "sendmsg", "sendmmsg",
        "fsync", "fdatasync", "sync", "syncfs", "truncate", "ftruncate", "fallocate", "mkdir", "mkdirat", "rmdir",
        "unlink", "unlinkat", "link", "linkat", "symlink", "symlinkat", "rename", "renameat", "renameat2", "chdir",
        "fchdir", "mmap", "clone", "clone3", "fork", "vfork", "execve", "execveat", "copy_file_range", "sendfile",
        "splice", "io_uring_setup",
    ]
}
