import AgentTestKit
import Records
import SerialIO
import Testing

@Suite struct ChecksumTests {
    private static let digits = Array("123456789".utf8)

    /// From the catalogue of parametrised CRC algorithms.
    static let checks: [(String, [UInt8])] = [
        ("crc8/smbus", [0xF4]), ("crc8/maxim", [0xA1]), ("crc8/sensirion", [0xF7]), ("crc16/modbus", [0x4B, 0x37]),
        ("crc16/arc", [0xBB, 0x3D]), ("crc16/xmodem", [0x31, 0xC3]), ("crc16/ccitt-false", [0x29, 0xB1]),
        ("crc16/x25", [0x90, 0x6E]), ("crc16/kermit", [0x21, 0x89]), ("crc16/mcrf4xx", [0x6F, 0x91]),
        ("crc16/en13757", [0xC2, 0xB7]), ("crc32/iso-hdlc", [0xCB, 0xF4, 0x39, 0x26]),
    ]

    @Test(arguments: checks) func `a named CRC has the catalogue's check value`(name: String, check: [UInt8]) throws {
        let crc = try #require(CRC(named: name))
        #expect(Checksum(ChecksumRule(.crc(crc))).bytes(of: Self.digits) == check)
    }

    @Test func `all names are checked, and others are none`() {
        #expect(Set(CRC.names) == Set(Self.checks.map(\.0)))
        #expect(CRC(named: "crc16") == nil)
    }

    @Test(.enabled(if: GoldenVectors.areThere, "\(GoldenVectors.absence)"))
    func `the CRCs are those of the golden vectors`() throws {
        let catalogue = try #require(GoldenVectors.shared).checksums
        #expect(catalogue.count == CRC.names.count)
        for (name, tree) in catalogue {
            func number(_ key: String) throws -> UInt32 {
                let text = try #require(tree[key]?.string)
                return try #require(UInt32(text.dropFirst(2), radix: 16))
            }
            let crc = CRC(
                width: try #require(tree["width"]?.integer), polynomial: try number("poly"),
                initial: try number("init"), reflectsInput: try #require(tree["refin"]?.boolean as Bool?),
                reflectsOutput: try #require(tree["refout"]?.boolean as Bool?), finalXor: try number("xorout"))
            #expect(CRC(named: name) == crc)
        }
    }

    /// More of the catalogue: other widths, and bits turned round on one side only.
    static let parameters: [(CRC, [UInt8])] = [
        (CRC(width: 10, polynomial: 0x233), [0x01, 0x99]),
        (CRC(width: 12, polynomial: 0x80F, reflectsOutput: true), [0x0D, 0xAF]),
        (CRC(width: 14, polynomial: 0x0805, reflectsInput: true, reflectsOutput: true), [0x08, 0x2D]),
        (CRC(width: 24, polynomial: 0x864CFB, initial: 0xB704CE), [0x21, 0xCF, 0x02]),
        (
            CRC(width: 31, polynomial: 0x04C1_1DB7, initial: 0x7FFF_FFFF, finalXor: 0x7FFF_FFFF),
            [0x0C, 0xE9, 0xE4, 0x6C]
        ),
        (CRC(width: 32, polynomial: 0x04C1_1DB7), [0x89, 0xA1, 0x89, 0x7F]),
    ]

    @Test(arguments: parameters) func `a CRC of any width has the catalogue's check value`(crc: CRC, check: [UInt8]) {
        #expect(Checksum(ChecksumRule(.crc(crc))).bytes(of: Self.digits) == check)
    }

    static let sums: [(ChecksumRule.Kind, [UInt8])] = [
        (.sum8, [0xDD]), (.sum8Not, [0x22]), (.sum8Negative, [0x23]), (.sum8To(0x55), [0x78]),
        (.sum16, [0x01, 0xDD]), (.sum16Negative, [0xFE, 0x23]), (.xor8, [0x31]), (.fletcher8, [0xDD, 0x15]),
        (.sum6, [0x3D]), (.sum7Not, [0x22]),
    ]

    @Test(arguments: sums) func `a sum is what it says`(kind: ChecksumRule.Kind, expected: [UInt8]) {
        #expect(Checksum(ChecksumRule(kind)).bytes(of: Self.digits) == expected)
    }

    static let encodings: [(ChecksumRule.Encoding, String)] = [
        (.be, "4B 37"), (.le, "37 4B"), (.hex, "34 42 33 37"), (.hexLE, "33 37 34 42"), (.sdi12, "44 6C 77"),
    ]

    @Test(arguments: encodings)
    func `a checksum is written and read in each encoding`(encoding: ChecksumRule.Encoding, text: String) throws {
        let crc = try #require(CRC(named: "crc16/modbus"))
        let checksum = Checksum(ChecksumRule(.crc(crc), encoding: encoding))
        let expected = try #require([UInt8](hexadecimal: text))
        #expect(checksum.size == expected.count)
        #expect(checksum.bytes(of: Self.digits) == expected)
        #expect(checksum.matches(Self.digits + expected))
        let isHex = encoding == .hex || encoding == .hexLE
        let lower = expected.map { isHex && $0 > 0x40 ? $0 | 0x20 : $0 }
        #expect(checksum.matches(Self.digits + lower))
        for index in expected.indices {
            var wrong = Self.digits + expected
            wrong[Self.digits.count + index] ^= 0x01
            #expect(!checksum.matches(wrong))
        }
    }

    @Test func `what a sender avoids is one more`() throws {
        let rule = ChecksumRule(.xor8, avoided: [0x28, 0x0D, 0x0A])
        #expect(Checksum(rule).bytes(of: [0x08, 0x05]) == [0x0E])
        #expect(Checksum(rule).matches([0x08, 0x05, 0x0E]))
        #expect(!Checksum(rule).matches([0x08, 0x05, 0x0D]))
        #expect(Checksum(rule).bytes(of: [0x0C]) == [0x0C])
    }

    @Test func `a frame too short for its checksum fails, whatever the rule`() {
        let offsets: [Int?] = [nil, 0, 1, 3, 9, -1, -2, -3, -9, .max, .min + 1]
        for size in 0..<6 {
            let frame = [UInt8](repeating: 0, count: size)
            for from in offsets {
                for to in offsets {
                    for at in offsets {
                        let rule = ChecksumRule(.sum16, from: from ?? 0, to: to, at: at)
                        let isThere = Checksum(rule).matches(frame)
                        if size < 2 { #expect(!isThere) }
                        var written = frame
                        #expect(Checksum(rule).complete(&written) == isThere)
                        #expect(written.count == size)
                    }
                }
            }
        }
    }

    @Test func `a request is completed where its checksum stands`() throws {
        var request: [UInt8] = [0xFE, 0xFE, 0x68, 0x11, 0x04, 0x33, 0x33, 0, 0x16]
        #expect(Checksum(ChecksumRule(.sum8, from: 2, to: -2, at: -2)).complete(&request))
        #expect(request == [0xFE, 0xFE, 0x68, 0x11, 0x04, 0x33, 0x33, 0xE3, 0x16])
    }
}
