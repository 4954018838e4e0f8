/// What zstd cannot make smaller, different each time.
enum Noise {
    /// Any bytes.
    static func bytes(_ count: Int) -> [UInt8] {
        var state = UInt64.random(in: 1 ... .max)
        let words = (0...count / 8).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
        return words.withUnsafeBytes { Array($0.prefix(count)) }
    }

    /// Sixteen different letters, of which zstd saves no more than half.
    static func text(_ count: Int) -> String {
        String(decoding: bytes(count).map { 0x40 | $0 & 0x0F }, as: UTF8.self)
    }
}
