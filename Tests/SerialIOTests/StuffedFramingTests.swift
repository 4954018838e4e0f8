import AgentTestKit
import SerialIO
import Testing

/// Frames with flags and escapes, COBS, and hexadecimal digits.
@Suite struct StuffedFramingTests {
    @Test func `one flag may end a frame and begin the next, and what stands between two flags is nothing`() {
        let rule = FramingRule(.stuffed(.ppp))
        expectTold(
            [.noise(2), .frame([1, 2]), .frame([3]), .frame([0x7E, 4, 0x7D])],
            of: [9, 9, 0x7E, 1, 2, 0x7E, 3, 0x7E, 0x7E, 0x7E, 0x7D, 0x5E, 4, 0x7D, 0x5D, 0x7E, 0x7E], by: rule)
    }

    @Test func `a closing flag that may open the next frame is nothing unfinished`() {
        var framer = FrameCutter(FramingRule(.stuffed(.slip)))
        #expect(framer.take([0xC0, 1, 2, 0xC0]) == [.frame([1, 2])])
        #expect(framer.pendingCount == 0)
        #expect(framer.take([3]) == [])
        #expect(framer.pendingCount == 2)
        #expect(framer.take([0xC0]) == [.frame([3])])
        #expect(framer.reset() == 0)
        // The flag is forgotten now: what follows may be anything.
        #expect(framer.take([4, 0xC0]) == [.noise(1)])
    }

    @Test func `after damage the closing flag stays`() {
        let rule = FramingRule(.stuffed(.shdlc), checksum: ChecksumRule(.sum8Not))
        expectTold(
            [
                .skipped(3, .checksum), .skipped(3, .malformed("an escape stands for nothing")), .frame([1, 0xFE]),
            ], of: [0x7E, 5, 5, 0x7E, 5, 0x7D, 0x7E, 1, 0xFE, 0x7E], by: rule)
        let pairs = FramingRule(.stuffed(.slip))
        expectTold(
            [.skipped(4, .malformed("an escape stands for nothing")), .frame([0xC0, 0xDB])],
            of: [0xC0, 1, 0xDB, 2, 0xC0, 0xDB, 0xDC, 0xDB, 0xDD, 0xC0], by: pairs)
    }

    @Test func `with two flags a new beginning ends what had begun`() throws {
        let frame = try #require([UInt8](hexadecimal: "40 3F 10 01 04 1B E4 0D"))
        let rule = FramingRule(
            .stuffed(Stuffing(start: [0x40], end: [0x0D], escape: 0x1B, restoration: .exclusiveOr(0xFF))))
        let content: [UInt8] = [0x3F, 0x10, 0x01, 0x04, 0x1B]
        expectTold(
            [
                .noise(1), .frame(content), .skipped(3, .unfinished("a frame begins before the last one has ended")),
                .frame(content),
            ], of: [0x0D] + frame + frame[..<3] + frame + [0x40, 0x0D], by: rule)
    }

    @Test func `a checksum may be over the bytes as they came`() {
        let rule = FramingRule(.stuffed(.ppp), checksum: ChecksumRule(.sum8, isOfRawBytes: true))
        expectTold(
            [.frame([0x7E, 0xDB]), .skipped(3, .checksum)], of: [0x7E, 0x7D, 0x5E, 0xDB, 0x7E, 1, 2, 0x7E], by: rule)
    }

    @Test func `a frame between flags has a limit`() {
        let rule = FramingRule(.stuffed(.ppp), sizeMax: 8)
        let long = [0x7E] + [UInt8](repeating: 1, count: 100)
        for size in pieceSizes {
            let told = cut(long + [0x7E, 2, 0x7E], by: rule, pieceSize: size)
            #expect(told == [.skipped(1, .tooLong(max: 8)), .noise(100), .frame([2])])
        }
    }

    @Test func `COBS puts back its zeroes`() {
        let run = (1...254).map { UInt8($0) }
        expectTold(
            [.frame([0x11, 0x22, 0, 0x33]), .frame([0, 0]), .frame(run), .frame(run + [7]), .frame(run + [0])],
            of: [3, 0x11, 0x22, 2, 0x33, 0] + [1, 1, 1, 0] + ([0xFF] + run + [0]) + ([0xFF] + run + [2, 7, 0])
                + ([0xFF] + run + [1, 1, 0]) + [0, 1, 0], by: FramingRule(.cobs))
    }

    @Test func `a COBS frame that is damaged or too long is dropped whole`() {
        let malformed = FrameProblem.malformed("a COBS block reaches beyond its frame")
        expectTold(
            [.skipped(3, malformed), .skipped(9, .tooLong(max: 4)), .frame([5])],
            of: [5, 1, 2, 0] + [9, 1, 1, 1, 1, 1, 1, 1, 1, 0] + [2, 5, 0], by: FramingRule(.cobs, sizeMax: 4))
    }

    @Test func `a COBS frame whose beginning was not seen is dropped`() {
        var framer = FrameCutter(FramingRule(.cobs))
        framer.beginMidstream()
        #expect(framer.take([2, 5]) == [])
        #expect(framer.pendingCount == 2)
        #expect(framer.take([0, 2, 6, 0]) == [.noise(2), .frame([6])])
    }

    @Test func `hexadecimal digits are read between their marks`() {
        let digit = FrameProblem.malformed("not a hexadecimal digit")
        expectTold(
            [
                .noise(1), .frame([7, 0xF0, 0xED, 0, 0x71]), .skipped(1, digit), .noise(4),
                .skipped(3, .unfinished("a frame begins before the last one has ended")), .frame([1, 0x54]),
                .skipped(1, .checksum), .noise(4), .skipped(1, .malformed("not hexadecimal digits in pairs")),
                .noise(4),
            ], of: Array("\n:7F0ED0071\n:7gF\n:7F:154\r\n:155\n:15\n\n".utf8), by: FramingRules.vedirectHex)
    }

    @Test func `without a start mark damaged digits go up to the end mark`() {
        let rule = FramingRule(
            .asciiHex(start: [], end: Array("\r\n".utf8), nibbleFirst: false), sizeMax: 8)
        expectTold(
            [
                .frame([0x12, 0xAB]), .skipped(5, .malformed("not hexadecimal digits in pairs")),
                .skipped(20, .tooLong(max: 8)), .frame([1]),
            ], of: Array("12aB\r\n12345\r\n\r\n0000000000000000000g\r\n01\r\n".utf8), by: rule)
        var framer = FrameCutter(rule)
        framer.beginMidstream()
        #expect(framer.take(Array("0102\r\n03\r\n".utf8)) == [.noise(4), .frame([3])])
    }

    @Test func `spaces between digits mean nothing, and line ends neither where another mark ends the frame`() {
        let rule = FramingRule(.asciiHex(start: [], end: [0x3E], nibbleFirst: false))
        expectTold(
            [
                .frame([0x41, 0x0C, 0x1A, 0xF8]), .skipped(8, .malformed("not hexadecimal digits in pairs")),
                .skipped(7, .malformed("not hexadecimal digits in pairs")), .frame([0x41, 0x05, 0x7B]),
            ], of: Array("41 0C 1A F8 \r\r>NO DATA\r>41 05 7>\r\n41057B\r>".utf8), by: rule)
        let marked = FramingRule(
            .asciiHex(start: [0x3A], end: [0x0A], nibbleFirst: false), checksum: ChecksumRule(.sum8))
        expectTold([.frame([0x01, 0x02, 0x03])], of: Array(":01 02 03\r\n".utf8), by: marked)
        // A damaged zero is a space, and then a digit is missing.
        expectTold(
            [.skipped(1, .malformed("not hexadecimal digits in pairs")), .noise(8)], of: Array(": 1 0203\n".utf8),
            by: marked)
    }

    @Test func `a checksum of digits may be over the digits`() {
        let rule = FramingRule(
            .asciiHex(start: [0x02], end: [0x03], nibbleFirst: false),
            checksum: ChecksumRule(.sum8, encoding: .hex, isOfRawBytes: true))
        expectTold([.frame([0x12, 0x63])], of: [0x02] + Array("1263".utf8) + [0x03], by: rule)
    }

    @Test func `every flipped bit that a checksum covers is refused`() throws {
        let shdlc = try #require([UInt8](hexadecimal: "7E 00 03 00 02 7D 5E 11 6B 7E"))
        // A flag that is none any more leaves a frame without an end.
        expectEveryFlippedBitRejected(shdlc, by: FramingRules.shdlc)
        let content: [UInt8] = [0x3F, 0x10, 0x01, 0x04, 0x21]
        let crc = Checksum(try #require(FramingRules.kmp.checksum)).bytes(of: content)
        expectEveryFlippedBitRejected([0x40] + content + crc + [0x0D], by: FramingRules.kmp)
        // Bit 5 of a letter among the digits is its case.
        let text = Array(":7 F0ED0071\n".utf8).filter { $0 != 0x20 }
        let letters = Set(text.indices.filter { text[$0] > 0x40 })
        expectEveryFlippedBitRejected(text, by: FramingRules.vedirectHex, except: letters)
    }
}
