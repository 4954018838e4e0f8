/// Turns single system calls of strace's log into ``TracedOperation``s: knows which descriptors stand for what.
struct CallInterpreter {
    /// What a whole log comes to.
    struct Outcome {
        let operations: [TracedOperation]
        let unfollowed: [String]
        let paths: [String]
        let end: Int
    }

    var folder: FollowedFolder
    private var operations: [TracedOperation] = []
    private var unfollowed: [String] = []
    private var tables: [Int: DescriptorTable] = [:]
    /// Calls that start a thread or process and have not returned, though the new one may run already.
    private var clones: [(parent: Int, shares: Bool, isClaimed: Bool)] = []

    init(folder: FollowedFolder) { self.folder = folder }

    /// One call with what its first descriptor stood for when it began.
    struct Call {
        let name: String
        let thread: Int
        let began: Int
        let ended: Int?
        /// Nil where the process ended inside the call.
        let result: Int?
        /// What the call returned stands for, where that is a descriptor.
        let resultPath: [UInt8]
        let file: OpenFile?
        let table: DescriptorTable
    }

    func outcome(end: Int) -> Outcome {
        // Stable: equal beginnings do not occur but for the two operations of one call.
        let ordered = operations.enumerated().sorted { ($0.element.began, $0.offset) < ($1.element.began, $1.offset) }
        return Outcome(
            operations: ordered.map(\.element), unfollowed: unfollowed, paths: folder.nodes.map(\.path), end: end)
    }

    mutating func forget(_ thread: Int) { tables[thread] = nil }

    /// What the first argument of the call on `line` stands for.
    mutating func file(of line: LogLine, thread: Int) -> OpenFile? {
        var line = line
        _ = line.word()
        guard line.skip("("), let descriptor = line.integer(), descriptor >= 0 else { return nil }
        return table(of: thread).slots[descriptor]?.file
    }

    /// A call has begun that does not end on this line. Returns whether that was all there is to it.
    mutating func begin(_ line: LogLine, thread: Int, moment: Int) -> Bool {
        var line = line
        let name = line.word()
        _ = line.skip("(")
        let table = table(of: thread)
        switch name {
        case "clone", "clone3", "fork", "vfork":
            clones.append((thread, Self.sharesDescriptors(line), false))
            return false
        case "close":
            close(line, table: table, thread: thread, began: moment, ended: moment)
            return true
        default: return false
        }
    }

    mutating func perform(
        _ line: LogLine, thread: Int, began: Int, ended: Int?, file: OpenFile?
    ) throws(SystemCallTraceError) {
        var line = line
        let name = line.word()
        guard line.skip("(") else { return }
        let table = table(of: thread)
        guard let (result, resultPath) = Self.result(of: line) else { return }
        let hasNoEffect = result.map { $0 < 0 } ?? false
        let isSync = name == "fsync" || name == "fdatasync"
        if hasNoEffect && !isSync {
            if ["clone", "clone3", "fork", "vfork"].contains(name) { clones.removeAll { $0.parent == thread } }
            return
        }
        let call = Call(
            name: name, thread: thread, began: began, ended: ended, result: result, resultPath: resultPath, file: file,
            table: table)
        switch name {
        case "write", "pwrite64", "writev", "pwritev", "pwritev2", "sendto", "sendmsg": try write(call, line)
        case "read", "readv", "recvfrom", "recvmsg": try read(call, line)
        case "fsync", "fdatasync", "sync", "syncfs": sync(call, line)
        case "open", "openat", "openat2", "creat": try open(call, line)
        case "close": close(line, table: table, thread: thread, began: began, ended: ended)
        case "dup", "dup2", "dup3", "fcntl": duplicate(call, line)
        case "lseek": if let position = result { file?.position = position }
        case "truncate", "ftruncate", "fallocate": try resize(call, line)
        case "mkdir", "mkdirat", "rmdir", "unlink", "unlinkat", "link", "linkat", "symlink", "symlinkat", "rename",
            "renameat", "renameat2":
            try changeNames(call, line)
        case "chdir", "fchdir": changeFolder(call, line)
        case "execve", "execveat": table.slots = table.slots.filter { !$0.value.closesOnExec }
        case "clone", "clone3", "fork", "vfork": cloned(call, shares: Self.sharesDescriptors(line))
        case "mmap": map(call, line)
        case "copy_file_range", "sendfile", "splice", "io_uring_setup", "sendmmsg": other(call, line)
        default: return
        }
    }

    mutating func emit(_ action: TracedOperation.Action, _ call: Call) {
        operations.append(
            TracedOperation(action: action, thread: call.thread, began: call.began, ended: call.ended))
    }

    mutating func note(_ text: String, _ call: Call) { unfollowed.append("line \(call.began + 1): \(text)") }

    func failure(_ call: Call, _ text: String) -> SystemCallTraceError {
        SystemCallTraceError(code: .logUnclear, message: "strace log line \(call.began + 1): \(call.name): \(text)")
    }

    private mutating func table(of thread: Int) -> DescriptorTable {
        if let table = tables[thread] { return table }
        var table = DescriptorTable()
        // A new thread may write its first line before its parent's call has returned.
        if let index = clones.firstIndex(where: { !$0.isClaimed }), let parent = tables[clones[index].parent] {
            clones[index].isClaimed = true
            table = clones[index].shares ? parent : parent.copy()
        }
        tables[thread] = table
        return table
    }

    private mutating func cloned(_ call: Call, shares: Bool) {
        clones.removeAll { $0.parent == call.thread }
        guard let child = call.result, tables[child] == nil else { return }
        tables[child] = shares ? call.table : call.table.copy()
    }

    private mutating func close(_ line: LogLine, table: DescriptorTable, thread: Int, began: Int, ended: Int?) {
        var line = line
        guard let descriptor = line.descriptor() else { return }
        table.slots[descriptor.number] = nil
        guard let connection = descriptor.connection else { return }
        operations.append(
            TracedOperation(action: .close(connection), thread: thread, began: began, ended: ended))
    }

    /// Whether the flags of `clone` have `CLONE_FILES`: a thread, or a process that shares its descriptors.
    private static func sharesDescriptors(_ line: LogLine) -> Bool {
        var line = line
        while line.skip(past: "C") {
            if line.skip("LONE_FILES") { return true }
        }
        return false
    }

    /// What follows the last ` = `: the number (negative for an error; nil where the process ended inside the call) and
    /// the path of a descriptor. Nil where the line has no result, and where an injection kept the call from happening
    /// while saying that it did.
    private static func result(of line: LogLine) -> (Int?, [UInt8])? {
        var next = line.end - 3
        while next >= line.position {
            if next[0] == UInt8(ascii: " "), next[1] == UInt8(ascii: "="), next[2] == UInt8(ascii: " ") { break }
            next -= 1
        }
        guard next >= line.position else { return nil }
        var rest = LogLine(UnsafeBufferPointer(start: next + 3, count: line.end - next - 3))
        if rest.skip("? E") { return (-1, []) }
        if rest.skip("?") { return (nil, []) }
        guard let descriptor = rest.descriptor() else { return nil }
        var tail = rest
        while tail.skip(past: "(") {
            if tail.skip("INJECTED"), descriptor.number >= 0 { return nil }
        }
        return (descriptor.number, LogLine.bytes(fromHexadecimal: descriptor.path))
    }
}
