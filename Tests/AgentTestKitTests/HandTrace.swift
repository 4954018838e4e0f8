import AgentTestKit

/// Logs written by hand, with plain strings where strace writes hexadecimal ones.
enum HandTrace {
    /// Reads `log`, which is about the folder `/f`, as strace would have written it.
    static func read(_ log: String, baseline: FolderImage = FolderImage()) throws -> SystemCallTrace {
        let scratch = try Scratch()
        try FolderImage(files: ["log": Array(hexadecimal(log).utf8)]).write(to: scratch.path)
        return try SystemCallTrace(log: scratch.path + "/log", following: "/f", baseline: baseline)
    }

    /// `\x` for each of `bytes`.
    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Every quoted string without a backslash, and every path in angle brackets, in hexadecimal.
    private static func hexadecimal(_ log: String) -> String {
        var result = ""
        var rest = Substring(log)
        while let start = rest.firstIndex(where: { $0 == "\"" || $0 == "<" }) {
            let isPath = rest[start] == "<"
            result += rest[...start]
            rest = rest[rest.index(after: start)...]
            guard !isPath || rest.first == "/" else { continue }
            guard let end = rest.firstIndex(of: isPath ? ">" : "\"") else { break }
            let text = rest[..<end]
            result += text.first == "\\" ? String(text) : hexadecimal(text.utf8)
            result += String(rest[end])
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }
}
