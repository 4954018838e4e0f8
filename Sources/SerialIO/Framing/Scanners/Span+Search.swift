import Glibc

extension Span<UInt8> {
    /// The offset of the first such byte from `start` on.
    func firstOffset(of byte: UInt8, from start: Int = 0) -> Int? {
        guard start < count else { return nil }
        return withUnsafeBufferPointer { buffer in
            // `start` is inside: so base and the count that is left are those of the same memory.
            guard let base = buffer.baseAddress, let found = memchr(base + start, Int32(byte), buffer.count - start)
            else { return nil }
            return UnsafeRawPointer(base).distance(to: UnsafeRawPointer(found))
        }
    }

    /// Whether these bytes begin with the first of `others`, as many as there are of the fewer.
    func agrees(with others: [UInt8]) -> Bool {
        for index in 0..<Swift.min(count, others.count) where self[index] != others[index] { return false }
        return true
    }
}
