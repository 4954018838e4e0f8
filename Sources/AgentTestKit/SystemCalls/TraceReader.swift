import Glibc

/// Reads an strace log once, line by line, and joins the two halves of calls that were interrupted by other threads.
struct TraceReader {
    private var interpreter: CallInterpreter
    private var moment = 0
    /// Calls that have begun and not ended, by thread.
    private var unfinished: [Int: UnfinishedCall] = [:]

    private struct UnfinishedCall {
        /// The line up to ` <unfinished ...>`, from the call's name on.
        let text: [UInt8]
        let began: Int
        /// What its first descriptor stood for when the call began.
        let file: OpenFile?
        /// `close` counts from its beginning: from then on the number may be given to another file.
        let isDone: Bool
    }

    init(following folder: String, baseline: FolderImage) {
        interpreter = CallInterpreter(folder: FollowedFolder(folder, baseline: baseline))
    }

    /// Reads the whole log at `path`, a line at a time.
    mutating func read(_ path: String) throws(SystemCallTraceError) -> CallInterpreter.Outcome {
        guard let stream = fopen(path, "re") else {
            throw SystemCallTraceError(
                code: .fileFailed, message: "could not open the strace log \(path): \(String(cString: strerror(errno)))"
            )
        }
        defer { fclose(stream) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        while true {
            let count = getline(&line, &capacity, stream)
            guard count > 0, let line else { break }
            try line.withMemoryRebound(to: UInt8.self, capacity: count) { bytes throws(SystemCallTraceError) in
                let length = bytes[count - 1] == UInt8(ascii: "\n") ? count - 1 : count
                try take(UnsafeBufferPointer(start: bytes, count: length))
            }
            moment += 1
        }
        for thread in unfinished.keys.sorted() { try end(thread) }
        return interpreter.outcome(end: moment)
    }

    private mutating func take(_ bytes: UnsafeBufferPointer<UInt8>) throws(SystemCallTraceError) {
        guard bytes.count > 0 else { return }
        var line = LogLine(bytes)
        guard let thread = line.integer() else { return }
        line.skipSpaces()
        if line.skip("+++ ") {
            try end(thread)
            if !line.skip("superseded") { interpreter.forget(thread) }
        } else if line.skip("--- ") {
            return
        } else if line.skip("<... ") {
            guard let call = unfinished.removeValue(forKey: thread), line.skip(past: ">") else { return }
            if call.isDone { return }
            let rest = UnsafeBufferPointer(start: line.position, count: line.end - line.position)
            try perform(call, rest: rest, thread: thread, ended: moment)
        } else {
            try begin(line, thread: thread)
        }
    }

    private mutating func begin(_ line: LogLine, thread: Int) throws(SystemCallTraceError) {
        let text = UnsafeBufferPointer(start: line.position, count: line.end - line.position)
        let file = interpreter.file(of: line, thread: thread)
        guard Self.isUnfinished(text) else {
            try interpreter.perform(line, thread: thread, began: moment, ended: moment, file: file)
            return
        }
        let isDone = interpreter.begin(line, thread: thread, moment: moment)
        unfinished[thread] = UnfinishedCall(
            text: Array(text.dropLast(Self.unfinishedMark.utf8CodeUnitCount)), began: moment, file: file,
            isDone: isDone)
    }

    /// The process ended inside the call, if it was in one.
    private mutating func end(_ thread: Int) throws(SystemCallTraceError) {
        guard let call = unfinished.removeValue(forKey: thread), !call.isDone else { return }
        try perform(call, rest: UnsafeBufferPointer(start: nil, count: 0), thread: thread, ended: nil)
    }

    private mutating func perform(
        _ call: UnfinishedCall, rest: UnsafeBufferPointer<UInt8>, thread: Int, ended: Int?
    ) throws(SystemCallTraceError) {
        var text = call.text
        text.append(contentsOf: rest)
        if ended == nil { text.append(contentsOf: Array(") = ?".utf8)) }
        try text.withUnsafeBufferPointer { bytes throws(SystemCallTraceError) in
            try interpreter.perform(
                LogLine(bytes), thread: thread, began: call.began, ended: ended, file: call.file)
        }
    }

    private static let unfinishedMark: StaticString = " <unfinished ...>"

    private static func isUnfinished(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let count = unfinishedMark.utf8CodeUnitCount
        guard text.count >= count, text[text.count - 1] == UInt8(ascii: ">") else { return false }
        let tail = text.baseAddress! + (text.count - count)
        for index in 0..<count where tail[index] != unfinishedMark.utf8Start[index] { return false }
        return true
    }
}
