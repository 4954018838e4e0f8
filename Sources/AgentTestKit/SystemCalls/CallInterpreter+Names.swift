/// Calls about names: open, rename, remove, working folder, copies of descriptors.
extension CallInterpreter {
    mutating func open(_ call: Call, _ line: LogLine) throws(SystemCallTraceError) {
        var line = line
        guard let result = call.result else { return }
        var base = call.table.current
        if call.name.hasPrefix("openat") {
            base = folderPath(line.descriptor(), call)
            line.comma()
        }
        guard let given = line.string() else { throw failure(call, "has no path") }
        line.comma()
        var flags = line.flags()
        if call.name == "creat" { flags = "O_WRONLY|O_CREAT|O_TRUNC" }
        call.table.slots[result] = nil
        guard let path = folder.relative(call.resultPath.isEmpty ? given : call.resultPath, from: base) else { return }
        let wanted = Set(flags.split(separator: "|"))
        if wanted.contains("O_TMPFILE") { return note("\(path) has a file without a name", call) }
        if wanted.contains("O_SYNC") || wanted.contains("O_DSYNC") { note("\(path) is open with O_SYNC", call) }
        let number: FileNumber
        if let known = folder.numbers[path] {
            number = known
            if wanted.contains("O_TRUNC"), folder.nodes[known.number].size > 0 {
                folder.resize(known, to: 0)
                emit(.resize(known, size: 0), call)
            }
        } else {
            guard wanted.contains("O_CREAT"), let entry = folder.entry(of: path) else {
                throw failure(call, "\(path) was there before the run: give the folder's image as baseline")
            }
            number = folder.add(path, isFolder: false)
            emit(.create(number, at: entry), call)
        }
        let file = OpenFile(
            number, isFolder: folder.nodes[number.number].isFolder, appends: wanted.contains("O_APPEND"))
        call.table.slots[result] = DescriptorTable.Slot(file: file, closesOnExec: wanted.contains("O_CLOEXEC"))
    }

    mutating func duplicate(_ call: Call, _ line: LogLine) {
        var line = line
        guard let result = call.result, let descriptor = line.descriptor() else { return }
        line.comma()
        if call.name == "fcntl", !line.word().hasPrefix("F_DUPFD") { return }
        guard result != descriptor.number else { return }
        // The log says O_CLOEXEC or F_DUPFD_CLOEXEC; either way the word is on the line.
        var closesOnExec = false
        while line.skip(past: "C") { closesOnExec = closesOnExec || line.skip("LOEXEC") }
        call.table.slots[result] = call.file.map { DescriptorTable.Slot(file: $0, closesOnExec: closesOnExec) }
    }

    mutating func changeFolder(_ call: Call, _ line: LogLine) {
        var line = line
        if call.name == "fchdir" {
            guard let descriptor = line.descriptor() else { return }
            call.table.current = LogLine.bytes(fromHexadecimal: descriptor.path)
        } else if let path = line.string() {
            let isAbsolute = path.first == UInt8(ascii: "/")
            call.table.current = isAbsolute ? path : call.table.current + [UInt8(ascii: "/")] + path
        }
    }

    /// `mkdir`, `unlink`, `rename`, `link` and their `-at` forms.
    mutating func changeNames(_ call: Call, _ line: LogLine) throws(SystemCallTraceError) {
        var line = line
        let isAt = call.name.hasSuffix("at") || call.name.hasSuffix("at2")
        let verb = isAt ? String(call.name.dropLast(call.name.hasSuffix("2") ? 3 : 2)) : call.name
        if verb == "symlink" {
            _ = line.string()
            line.comma()
        }
        let first = try path(call, &line, isAt: isAt)
        guard verb == "rename" || verb == "link" else {
            guard let path = first, !path.isEmpty else { return }
            return try changeOneName(call, verb: verb, path: path)
        }
        line.comma()
        let second = try path(call, &line, isAt: isAt)
        line.comma()
        if line.flags().contains("RENAME_EXCHANGE") { return note("rename that exchanges two names", call) }
        try changeTwoNames(call, verb: verb, from: first, to: second)
    }

    private mutating func changeOneName(_ call: Call, verb: String, path: String) throws(SystemCallTraceError) {
        guard let entry = folder.entry(of: path) else { throw failure(call, "the folder of \(path) is not known") }
        switch verb {
        case "mkdir": emit(.createFolder(folder.add(path, isFolder: true), at: entry), call)
        case "symlink": note("\(path) is a symbolic link", call)
        default:
            guard let number = folder.numbers[path] else {
                throw failure(call, "\(path) was there before the run: give the folder's image as baseline")
            }
            folder.remove(path)
            emit(.remove(number, at: entry), call)
        }
    }

    private mutating func changeTwoNames(
        _ call: Call, verb: String, from first: String?, to second: String?
    ) throws(SystemCallTraceError) {
        guard let old = first, let number = folder.numbers[old], let oldEntry = folder.entry(of: old) else {
            if let second { note("\(second) comes from outside the folder", call) }
            return
        }
        guard let new = second else {
            guard verb == "rename" else { return }
            folder.remove(old)
            return emit(.remove(number, at: oldEntry), call)
        }
        guard let newEntry = folder.entry(of: new) else { throw failure(call, "the folder of \(new) is not known") }
        if verb == "link" {
            folder.link(number, at: new)
            emit(.link(number, at: newEntry), call)
        } else if folder.numbers[new] != number {
            // Two names of one file: POSIX has rename do nothing.
            folder.rename(number, from: old, to: new)
            emit(.rename(number, from: oldEntry, to: newEntry), call)
        }
    }

    /// The next path argument, relative to the followed folder; nil for one elsewhere.
    private mutating func path(_ call: Call, _ line: inout LogLine, isAt: Bool) throws(SystemCallTraceError) -> String?
    {
        var base = call.table.current
        if isAt {
            base = folderPath(line.descriptor(), call)
            line.comma()
        }
        guard let given = line.string() else { throw failure(call, "has no path") }
        return folder.relative(given, from: base)
    }

    /// The path of the folder that an `-at` call starts from; `AT_FDCWD` also tells the working folder.
    private func folderPath(_ descriptor: LogLine.Descriptor?, _ call: Call) -> [UInt8] {
        guard let descriptor else { return call.table.current }
        let path = LogLine.bytes(fromHexadecimal: descriptor.path)
        if descriptor.number == -100, !path.isEmpty { call.table.current = path }
        return path
    }
}
