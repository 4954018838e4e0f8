import Records

/// An archive as `tar` reads it: POSIX.1-1988 ustar (IEEE Std 1003.1, pax, "ustar Interchange Format"), files only.
struct TarArchive {
    /// What was put in, in order.
    private(set) var entries: [(name: String, size: Int)] = []
    private(set) var blocks: [UInt8] = []

    /// Seconds since 1970 that each file gets.
    let time: Int64

    private static let blockSize = 512

    init(time: Int64) { self.time = time }

    /// Adds a file.
    ///
    /// - Parameter name: at most 100 bytes.
    mutating func add(_ name: String, _ content: [UInt8]) {
        precondition(name.utf8.count <= 100, "a longer name needs a prefix, and none of ours is")
        var header = [UInt8](repeating: 0, count: Self.blockSize)
        func put(_ text: String, at offset: Int) {
            header.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
        func octal(_ number: Int64, _ digits: Int) -> String {
            let text = String(max(0, number), radix: 8)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        put(name, at: 0)
        put(octal(0o600, 7), at: 100)
        put(octal(0, 7), at: 108)
        put(octal(0, 7), at: 116)
        put(octal(Int64(content.count), 11), at: 124)
        put(octal(time, 11), at: 136)
        put("        ", at: 148)
        put("0", at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        let sum = header.reduce(0) { $0 + Int64($1) }
        put(octal(sum, 6), at: 148)
        header[154] = 0
        blocks += header + content
        let rest = content.count % Self.blockSize
        if rest > 0 { blocks += [UInt8](repeating: 0, count: Self.blockSize - rest) }
        entries.append((name, content.count))
    }

    /// The whole archive.
    var bytes: [UInt8] { blocks + [UInt8](repeating: 0, count: 2 * Self.blockSize) }
}
