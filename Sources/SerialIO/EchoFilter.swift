/// Drops what we sent ourselves from what a line returns: two-wire lines and optical heads echo.
///
/// Exactly the bytes sent are dropped, in whatever pieces they come back. One byte that another sender destroyed, one
/// that is missing and one too many are borne each time: the filter finds the rest of the echo by the two bytes that
/// follow. Where that fails what comes is no echo, and goes through.
struct EchoFilter {
    /// What is still to come back.
    private var expected: [UInt8] = []
    private var position = 0
    /// Bytes that fit no more: they wait until enough has come to say what they are.
    private var doubtful: [UInt8] = []

    /// How many bytes have to follow a damaged one as they were sent.
    private static let proof = 2

    /// Bytes that were taken in and are neither dropped nor passed on yet.
    var heldCount: Int { doubtful.count }

    /// Whether something is still to come back.
    var isWaiting: Bool { position < expected.count }

    /// These bytes were sent.
    mutating func expect(_ bytes: some Sequence<UInt8>) {
        expected.removeFirst(position)
        position = 0
        expected.append(contentsOf: bytes)
    }

    /// What is left of these bytes without the echo.
    mutating func filter(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        guard isWaiting || !doubtful.isEmpty else { return Array(bytes) }
        var passed: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            if doubtful.isEmpty, isWaiting, byte == expected[position] {
                position += 1
            } else if isWaiting {
                doubtful.append(byte)
                decide(&passed)
            } else {
                passed.append(contentsOf: bytes[index...])
                break
            }
        }
        return passed
    }

    /// What is left to come will not come: what was held back is no echo.
    mutating func giveUp() -> [UInt8] {
        defer { doubtful.removeAll() }
        expected.removeAll()
        position = 0
        return doubtful
    }

    /// Looks at the doubtful bytes: the first of them does not fit.
    private mutating func decide(_ passed: inout [UInt8]) {
        let rest = expected[position...]
        // What the echo may be: one byte changed, one missing, one too many; how much of it each uses up.
        let readings: [(taken: Int, dropped: Int)] = [(1, 1), (0, 1), (1, 0)]
        var isOpen = false
        for reading in readings {
            let wanted = rest.dropFirst(reading.dropped).prefix(Self.proof)
            let came = doubtful.dropFirst(reading.taken).prefix(wanted.count)
            guard wanted.starts(with: came) else { continue }
            // A last byte that is missing would be proved by nothing: then the byte is the answer's first.
            guard !wanted.isEmpty || reading == (1, 1) else { continue }
            guard came.count == wanted.count else {
                isOpen = true
                continue
            }
            position += reading.dropped + wanted.count
            let left = doubtful.dropFirst(reading.taken + wanted.count)
            doubtful.removeAll()
            left.withUnsafeBytes { passed.append(contentsOf: filter($0)) }
            return
        }
        guard !isOpen else { return }
        passed.append(contentsOf: giveUp())
    }
}
