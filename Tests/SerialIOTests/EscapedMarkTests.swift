import SerialIO
import Testing

/// Frames whose marks are escaped bytes: DLE STX to DLE ETX.
@Suite struct EscapedMarkTests {
    @Test func `what is doubled is one byte, and marks in between are none of the frame`() {
        expectTold(
            [.noise(3), .frame([1, 0x10, 3]), .frame([0x10]), .noise(2)],
            of: [9, 0x10, 0x03, 0x10, 2, 1, 0x10, 0x10, 3, 0x10, 3, 0x10, 2, 0x10, 0x10, 0x10, 3, 0x10, 3],
            by: FramingRule(.stuffed(.dle)))
    }

    @Test func `a beginning in a frame ends what had begun, and an escape for nothing spoils it`() {
        expectTold(
            [
                .skipped(4, .unfinished("a frame begins before the last one has ended")), .frame([6]),
                .skipped(4, .malformed("an escape stands for nothing")), .noise(1), .frame([8]),
            ], of: [0x10, 2, 4, 5, 0x10, 2, 6, 0x10, 3, 0x10, 2, 7, 0x10, 9, 0x10, 2, 8, 0x10, 3],
            by: FramingRule(.stuffed(.dle)))
    }

    @Test func `a frame may begin with the escape alone, which in the middle of one is no beginning`() {
        let stuffing = Stuffing(start: [0x10], end: [0x10, 3], escape: 0x10, restoration: .pairs([0x10: 0x10]))
        let rule = FramingRule(.stuffed(stuffing))
        expectTold(
            [
                .noise(6), .frame([0x8F, 0x10, 1]),
                .skipped(2, .unfinished("a frame begins before the last one has ended")), .frame([0x42]),
            ], of: [7, 0x10, 0x10, 3, 0x10, 3, 0x10, 0x8F, 0x10, 0x10, 1, 0x10, 3, 0x10, 0x41, 0x10, 0x42, 0x10, 3],
            by: rule)
    }

    @Test func `a checksum that fails drops no frame behind it`() {
        let rule = FramingRule(.stuffed(.dle), checksum: ChecksumRule(.sum8))
        expectTold(
            [.skipped(1, .checksum), .noise(5), .frame([1, 2, 3])],
            of: [0x10, 2, 1, 9, 0x10, 3, 0x10, 2, 1, 2, 3, 0x10, 3], by: rule)
    }

    @Test func `a frame without an end has a limit`() {
        let rule = FramingRule(.stuffed(.dle), sizeMax: 8)
        let long = [0x10, 2] + [UInt8](repeating: 1, count: 100)
        for size in pieceSizes {
            let told = cut(long + [0x10, 2, 5, 0x10, 3], by: rule, pieceSize: size)
            #expect(told == [.skipped(1, .tooLong(max: 8)), .noise(101), .frame([5])])
        }
    }
}

/// Bytes that are half given, and sums that begin with something.
@Suite struct PatternAndSumTests {
    @Test(arguments: [
        ("F? 5A", [UInt8]([0xF2, 0x5A]), true), ("F? 5A", [0x55, 0x5A], false), ("?5", [0x55], true),
        ("?5", [0x56], false), ("??", [0], true), ("5? ", [0x5F, 1], true), ("F? 5A", [0xF2], false),
    ])
    func `half a byte may be any`(text: String, bytes: [UInt8], begins: Bool) throws {
        #expect(try #require(BytePattern(hexadecimal: text)).begins(bytes) == begins)
    }

    @Test(arguments: ["F", "F?5", "G?", "?G"]) func `a pattern with a digit that is none is none`(text: String) {
        #expect(BytePattern(hexadecimal: text) == nil)
    }

    @Test func `a frame may begin with half a byte`() throws {
        let start = try #require(BytePattern(hexadecimal: "A?"))
        let rule = FramingRule(.fixed(start: start, size: 3, trailer: BytePattern()), checksum: ChecksumRule(.sum8))
        expectTold(
            [.noise(1), .frame([0xA1, 2, 0xA3]), .skipped(1, .checksum), .noise(2)],
            of: [0xB1, 0xA1, 2, 0xA3, 0xA0, 1, 2], by: rule)
    }

    @Test(arguments: [
        (ChecksumRule.Kind.sum8, 0x58, 0, [UInt8]([0x35])), (.sum8, 0, 0x44, [0x99]), (.sum8Not, 0x58, 0, [0xCA]),
        (.sum16, 0, 0xFFFF, [0xFE, 0x22]), (.sum16, 0xFF00, 0, [0x00, 0xDD]), (.xor8, 0, 0xFF, [0xCE]),
        (.xor8, 0x31, 0, [0x00]), (.fletcher8, 0xFF, 0, [0xDC, 0x0C]), (.sum7Not, 0x7F, 0, [0x23]),
    ])
    func `a sum may begin with something, and be changed at the end`(
        kind: ChecksumRule.Kind, initial: UInt32, finalXor: UInt32, expected: [UInt8]
    ) {
        var rule = ChecksumRule(kind)
        rule.initial = initial
        rule.finalXor = finalXor
        #expect(Checksum(rule).bytes(of: Array("123456789".utf8)) == expected)
    }

    @Test func `only some bits of a checksum may count`() {
        var rule = ChecksumRule(.sum8Negative)
        rule.mask = 0x7F
        let checksum = Checksum(rule)
        #expect(checksum.matches([1, 2, 0xFD]) && checksum.matches([1, 2, 0x7D]) && !checksum.matches([1, 2, 0xFC]))
        #expect(checksum.bytes(of: [1, 2]) == [0x7D])
        var wide = ChecksumRule(.sum16, encoding: .le)
        wide.mask = 0x0FFF
        #expect(Checksum(wide).matches([0x12, 0x12, 0xF0]) && !Checksum(wide).matches([0x12, 0x13, 0xF0]))
    }

    @Test func `bits of a length field are the length, and a table may say it`() {
        var bits = LengthField(at: 1, width: 2, isLittleEndian: true, add: 3, allowed: .range(3...6))
        bits.bits = 6...15
        let rule = FramingRule(.length(start: BytePattern([0xAA]), length: bits, trailer: BytePattern()))
        expectTold(
            [.frame([0xAA, 0x7F, 0, 1]), .skipped(1, .length), .noise(2), .frame([0xAA, 0x3F, 0])],
            of: [0xAA, 0x7F, 0, 1, 0xAA, 0xFF, 0xFF, 0xAA, 0x3F, 0], by: rule)
        var table = LengthField(at: 1, width: 1, isLittleEndian: false, add: 0, allowed: .sizes([3, 4]))
        table.sizes = [1: 3, 9: 4]
        let sizes = FramingRule(.length(start: BytePattern([0xAA]), length: table, trailer: BytePattern()))
        expectTold(
            [.frame([0xAA, 9, 7, 7]), .skipped(1, .length), .noise(1), .frame([0xAA, 1, 5])],
            of: [0xAA, 9, 7, 7, 0xAA, 3, 0xAA, 1, 5], by: sizes)
    }

    @Test func `what nobody asked for is noise, and an answer is as long as its request says`() {
        let rule = FramingRule(
            .reply([
                ReplySize(request: BytePattern([0x55]), size: 2),
                ReplySize(request: BytePattern([0x55, nil]), size: 1),
            ]), checksum: nil)
        for size in pieceSizes {
            #expect(joined(cut([1, 2, 3], by: rule, pieceSize: size)) == [.noise(3)])
            #expect(cut([1, 2], by: rule, request: [0x55], pieceSize: size) == [.frame([1, 2])])
            #expect(cut([1], by: rule, request: [0x55, 7], pieceSize: size) == [.frame([1])])
        }
        let proven = FramingRule(
            .reply([ReplySize(request: BytePattern([0x55]), size: 3)]), checksum: ChecksumRule(.sum8))
        #expect(cut([1, 2, 4, 1, 2, 3], by: proven, request: [0x55]) == [.skipped(3, .checksum), .frame([1, 2, 3])])
    }
}
