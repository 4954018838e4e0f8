import Testing

@testable import SerialIO

@Suite struct EchoFilterTests {
    private let request: [UInt8] = [0x01, 0x03, 0x00, 0x10, 0x00, 0x02, 0xC5, 0xCE]
    private let answer: [UInt8] = [0x01, 0x03, 0x04, 0x00, 0x10, 0x00, 0x02, 0x7A, 0x37]

    /// What comes through of bytes that are read in pieces of a size.
    private func passed(_ bytes: [UInt8], pieceSize: Int, of request: [UInt8]) -> [UInt8] {
        var filter = EchoFilter()
        filter.expect(request)
        var passed: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: pieceSize) {
            Array(bytes[start..<min(start + pieceSize, bytes.count)]).withUnsafeBytes { passed += filter.filter($0) }
        }
        return passed + filter.giveUp()
    }

    @Test func `exactly the bytes that were sent are dropped, however they are split`() {
        for size in 1...20 { #expect(passed(request + answer, pieceSize: size, of: request) == answer) }
        // An answer that begins as the request did is not taken for more of the echo.
        for size in 1...20 { #expect(passed(request + request, pieceSize: size, of: request) == request) }
    }

    @Test func `one byte destroyed, lost or added anywhere does not let the echo through`() {
        for index in 0..<request.count - 2 {
            var changed = request
            changed[index] ^= 0xFF
            var added = request
            added.insert(0x77, at: index)
            for size in 1...18 {
                #expect(passed(changed + answer, pieceSize: size, of: request) == answer, "changed at \(index)")
                #expect(passed(added + answer, pieceSize: size, of: request) == answer, "added at \(index)")
            }
            var missing = request
            missing.remove(at: index)
            #expect(passed(missing + answer, pieceSize: 3, of: request) == answer, "missing at \(index)")
        }
    }

    @Test func `on a line without echo the answer comes through whole`() {
        let other: [UInt8] = [0x10, 0x20, 0x30, 0x40, 0x50]
        for size in 1...6 { #expect(passed(other, pieceSize: size, of: request) == other) }
        for size in 1...6 { #expect(passed([0x10], pieceSize: size, of: request) == [0x10]) }
    }

    @Test func `two requests come back one after the other`() {
        var filter = EchoFilter()
        filter.expect(request)
        filter.expect(answer)
        let passed = (request + answer + [0x2A]).withUnsafeBytes { filter.filter($0) }
        #expect(passed == [0x2A])
        #expect(!filter.isWaiting)
    }
}
