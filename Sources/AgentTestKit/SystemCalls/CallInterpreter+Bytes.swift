/// Calls that carry bytes, and those that make them durable.
extension CallInterpreter {
    mutating func write(_ call: Call, _ line: LogLine) throws(SystemCallTraceError) {
        var line = line
        guard let descriptor = line.descriptor() else { return }
        let isOutput = (descriptor.number == 1 || descriptor.number == 2) && descriptor.connection == nil
        guard call.file != nil || descriptor.connection != nil || isOutput else { return }
        line.comma()
        var bytes = try bytes(call, &line)
        if let result = call.result {
            guard result <= bytes.count else { throw failure(call, "strace left out some of its bytes") }
            bytes.removeLast(bytes.count - result)
        }
        guard let file = call.file, descriptor.connection == nil else {
            if let connection = descriptor.connection {
                emit(.send(connection, bytes: bytes), call)
            } else {
                emit(.output(descriptor: descriptor.number, bytes: bytes), call)
            }
            return
        }
        var offset = file.appends ? folder.nodes[file.number.number].size : file.position
        if call.name.hasPrefix("p") {
            // After the bytes come their length, or the number of parts, and the offset.
            line.comma()
            _ = line.integer()
            line.comma()
            guard let given = line.integer() else { throw failure(call, "has no offset") }
            if given >= 0 { offset = given }
            if given < 0 { file.position = offset + bytes.count }
        } else {
            file.position = offset + bytes.count
        }
        folder.resize(file.number, to: max(folder.nodes[file.number.number].size, offset + bytes.count))
        emit(.write(file.number, offset: offset, bytes: bytes), call)
    }

    mutating func read(_ call: Call, _ line: LogLine) throws(SystemCallTraceError) {
        var line = line
        guard let result = call.result, let descriptor = line.descriptor() else { return }
        if let file = call.file, descriptor.connection == nil {
            file.position += result
            return
        }
        guard let connection = descriptor.connection, result > 0 else { return }
        line.comma()
        var bytes = try bytes(call, &line)
        guard result <= bytes.count else { throw failure(call, "strace left out some of its bytes") }
        bytes.removeLast(bytes.count - result)
        emit(.receive(connection, bytes: bytes), call)
    }

    mutating func sync(_ call: Call, _ line: LogLine) {
        guard let result = call.result else { return }
        if call.name == "sync" || call.name == "syncfs" {
            emit(.syncAll, call)
        } else if let file = call.file {
            emit(result < 0 ? .failedSync(file.number) : .sync(file.number), call)
        }
    }

    mutating func resize(_ call: Call, _ line: LogLine) throws(SystemCallTraceError) {
        var line = line
        var number = call.file?.number
        if call.name == "truncate" {
            guard let path = line.string() else { throw failure(call, "has no path") }
            number = folder.relative(path, from: call.table.current).flatMap { folder.numbers[$0] }
        } else {
            _ = line.descriptor()
        }
        guard let number else { return }
        line.comma()
        if call.name == "fallocate" {
            let mode = line.flags()
            if mode == "FALLOC_FL_KEEP_SIZE" { return }
            guard mode == "0" else { return note("fallocate with \(mode) on \(number)", call) }
            line.comma()
            let offset = line.integer() ?? 0
            line.comma()
            let size = offset + (line.integer() ?? 0)
            guard size > folder.nodes[number.number].size else { return }
            folder.resize(number, to: size)
            emit(.resize(number, size: size), call)
            return
        }
        guard let size = line.integer() else { throw failure(call, "has no length") }
        folder.resize(number, to: size)
        emit(.resize(number, size: size), call)
    }

    /// A shared mapping that can be written changes the file without any further call.
    mutating func map(_ call: Call, _ line: LogLine) {
        var line = line
        for _ in 0..<2 { _ = line.skip(past: ",") }
        line.skipSpaces()
        let protection = line.flags()
        line.comma()
        let sharing = line.flags()
        line.comma()
        guard let descriptor = line.descriptor(), let slot = call.table.slots[descriptor.number] else { return }
        guard protection.contains("PROT_WRITE"), sharing.contains("MAP_SHARED") else { return }
        note("\(path(of: slot.file.number)) is mapped for writing", call)
    }

    mutating func other(_ call: Call, _ line: LogLine) {
        var line = line
        switch call.name {
        case "io_uring_setup": note("io_uring is in use", call)
        case "sendmmsg":
            guard let port = line.descriptor()?.connection?.peerPort else { return }
            note("sendmmsg to TCP port \(port)", call)
        default:
            // copy_file_range and splice have the target third, sendfile has it first.
            for _ in 0..<(call.name == "sendfile" ? 0 : 2) { _ = line.skip(past: ",") }
            line.skipSpaces()
            guard let descriptor = line.descriptor(), let slot = call.table.slots[descriptor.number] else { return }
            note("\(call.name) into \(path(of: slot.file.number))", call)
        }
    }

    func path(of number: FileNumber) -> String { folder.nodes[number.number].path }

    /// The bytes of a plain buffer, of a list of buffers, or of a message's list of buffers.
    private func bytes(_ call: Call, _ line: inout LogLine) throws(SystemCallTraceError) -> [UInt8] {
        if call.name.hasSuffix("msg") {
            guard line.skip(past: "[") else { return [] }
        } else if !line.skip("[") {
            if line.skip("NULL") { return [] }
            guard let bytes = line.string() else { throw failure(call, "strace cut its bytes short") }
            return bytes
        }
        var bytes: [UInt8] = []
        while line.skip("{iov_base=") {
            if !line.skip("NULL") {
                guard let part = line.string() else { throw failure(call, "strace cut its bytes short") }
                bytes += part
            }
            _ = line.skip(past: "}")
            line.comma()
        }
        _ = line.skip("]")
        return bytes
    }
}
