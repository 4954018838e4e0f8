import SerialIO
import Testing

/// What fuzzing has found, each input as it was found or made smaller.
@Suite struct FuzzFindingsTests {
    @Test func `a line that is too long gives no sentence, in one piece or in several`() {
        let line = Array("$GPXXX,".utf8) + [UInt8](repeating: 0x41, count: 40) + Array("!AIVDM,1*4A\r\n".utf8)
        #expect(frames(of: line, FramingRule(.telegram(.nmea), sizeMax: 30)).isEmpty)
        #expect(frames(of: line, FramingRule(.telegram(.nmea), sizeMax: 100)).count == 1)
    }

    @Test func `a block behind a frame that is too long is found, in one piece or in several`() {
        // The hexadecimal frame that has cut in between the carriage return and the line feed has no end of its own.
        let open = Array("\r:".utf8) + [UInt8](repeating: 0x41, count: 70)
        let body = Array("\r\nPID\t0xA381\r\nChecksum\t".utf8)
        let block = body + Checksum(ChecksumRule(.sum8Negative)).bytes(of: body)
        for sizeMax in [64, 4096] {
            #expect(frames(of: open + block, FramingRule(.telegram(.vedirectText), sizeMax: sizeMax)) == [block])
        }
    }

    @Test func `what is taken for a line's beginning behind long noise does not depend on the pieces`() {
        let rule = FramingRule(.block(start: [0x41], end: [0x5A], takesEndLine: true))
        for count in [200, 255, 256, 257, 300] {
            _ = frames(of: [0x78] + [UInt8](repeating: 0x41, count: count) + Array("\nZ1\nA2\nZ3\n".utf8), rule)
        }
    }

    @Test func `a reply within a stranger's frame is found, in one piece or in several`() {
        for outer in [[2, 4, 18], [1, 3, 16]] as [[UInt8]] {
            #expect(frames(of: modbus(outer, around: reply), FramingRule(.modbusRTU), request: request) == [reply])
        }
    }

    @Test func `what is sound within a reply counts where that is damaged, in one piece or in several`() {
        let exception: [UInt8] = [1, 0x84, 2]
        var line = modbus([1, 4, 10], around: exception)
        #expect(frames(of: line, FramingRule(.modbusRTU), request: request) == [line.dropLast(2)])
        line[12] ^= 1
        #expect(frames(of: line, FramingRule(.modbusRTU), request: request) == [exception])
    }

    /// Five registers of unit 1.
    private let request = FramingRules.modbusRequest(unit: 1, function: 4, quantity: 5)
    private let reply: [UInt8] = [1, 4, 10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]

    /// A frame, of which unit, function and number of bytes are given, with another one as its first bytes.
    private func modbus(_ head: [UInt8], around content: [UInt8]) -> [UInt8] {
        let inner = FramingRules.sealed(content)
        return FramingRules.sealed(head + inner + [UInt8](repeating: 9, count: Int(head[2]) - inner.count))
    }

    /// The frames in a line; fails where they depend on the pieces in which it comes.
    private func frames(
        of line: [UInt8], _ rule: FramingRule, request: [UInt8]? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> [[UInt8]] {
        let whole = cut(line, by: rule, request: request).compactMap(\.frame)
        for size in pieceSizes {
            let split = cut(line, by: rule, request: request, pieceSize: size).compactMap(\.frame)
            #expect(split == whole, "in pieces of \(size)", sourceLocation: sourceLocation)
        }
        return whole
    }
}
