import Agent
import Glibc
import Records

/// The files of a log, and what the headers of its segments say; nothing of what is in the records.
enum LogListing {
    /// Files of one folder that are listed.
    private static let filesMax = 2000
    private static let depthMax = 4

    static func text(of folder: String) -> String {
        var lines: [String] = []
        list(folder, "", depth: 0, &lines)
        return lines.joined(separator: "\n") + "\n"
    }

    private static func list(_ folder: String, _ prefix: String, depth: Int, _ lines: inout [String]) {
        guard let directory = opendir(folder) else {
            lines.append("\(folder): \(String(cString: strerror(errno)))")
            return
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory), names.count < filesMax {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        for name in names.sorted() {
            let path = "\(folder)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR {
                if depth < depthMax { list(path, "\(prefix)\(name)/", depth: depth + 1, &lines) }
                continue
            }
            let time = RecordLine.time(Int64(status.st_mtim.tv_sec) * 1000 + Int64(status.st_mtim.tv_nsec) / 1_000_000)
            let header = [".segment", ".db", ".quarantined"].contains { name.hasSuffix($0) } ? header(of: path) : ""
            lines.append("\(time)  \(ListenScreen.right("\(status.st_size)", 11))  \(prefix)\(name)\(header)")
        }
    }

    /// What stands in the first 100 bytes of a database (sqlite.org/fileformat2.html, 1.3).
    private static func header(of path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return "  (\(String(cString: strerror(errno))))" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 100)
        guard pread(descriptor, &bytes, bytes.count, 0) == bytes.count else { return "  (shorter than a header)" }
        guard bytes.starts(with: Array("SQLite format 3\0".utf8)) else { return "  (no database)" }
        func number(_ offset: Int, _ size: Int) -> UInt64 {
            bytes[offset..<offset + size].reduce(0) { $0 << 8 | UInt64($1) }
        }
        return "  page \(number(16, 2)), pages \(number(28, 4)), changes \(number(24, 4)), format \(number(60, 4)), "
            + "application \(number(68, 4)), SQLite \(number(96, 4))"
    }
}
