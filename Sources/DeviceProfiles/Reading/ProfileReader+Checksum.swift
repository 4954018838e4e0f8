import SerialIO
import StrictTOML

/// `[checksum]` and `check` of a poll.
extension ProfileReader {
    private static let plainKinds: [String: ChecksumRule.Kind] = [
        "sum8": .sum8, "sum8-not": .sum8Not, "sum8-negative": .sum8Negative, "lrc": .sum8Negative, "sum16": .sum16,
        "sum16-negative": .sum16Negative, "xor8": .xor8, "fletcher8": .fletcher8, "sum6": .sum6, "sum7-not": .sum7Not,
    ]

    private static let namedCRCs: [String: CRC] = [
        "crc8/smbus": CRC(width: 8, polynomial: 0x07),
        "crc8/maxim": CRC(width: 8, polynomial: 0x31, reflectsInput: true, reflectsOutput: true),
        "crc8/sensirion": CRC(width: 8, polynomial: 0x31, initial: 0xFF),
        "crc16/modbus": CRC(width: 16, polynomial: 0x8005, initial: 0xFFFF, reflectsInput: true, reflectsOutput: true),
        "crc16/arc": CRC(width: 16, polynomial: 0x8005, reflectsInput: true, reflectsOutput: true),
        "crc16/xmodem": CRC(width: 16, polynomial: 0x1021),
        "crc16/ccitt-false": CRC(width: 16, polynomial: 0x1021, initial: 0xFFFF),
        "crc16/x25": CRC(
            width: 16, polynomial: 0x1021, initial: 0xFFFF, reflectsInput: true, reflectsOutput: true, finalXor: 0xFFFF),
        "crc16/kermit": CRC(width: 16, polynomial: 0x1021, reflectsInput: true, reflectsOutput: true),
        "crc16/mcrf4xx": CRC(
            width: 16, polynomial: 0x1021, initial: 0xFFFF, reflectsInput: true, reflectsOutput: true),
        "crc16/en13757": CRC(width: 16, polynomial: 0x3D65, finalXor: 0xFFFF),
        "crc32/iso-hdlc": CRC(
            width: 32, polynomial: 0x04C1_1DB7, initial: 0xFFFF_FFFF, reflectsInput: true, reflectsOutput: true,
            finalXor: 0xFFFF_FFFF),
    ]

    /// A rule; nil for `none`, and where it is wrong.
    func readChecksum(_ table: TableReader) -> ChecksumRule? {
        defer { table.finish() }
        table.require("kind", example: "\"sum8\"")
        guard let kind = readChecksumKind(table) else {
            for key in ["over", "at", "encoding", "raw", "avoid"] { table.refuse(key, "kind says that there is none") }
            return nil
        }
        var rule = ChecksumRule(kind)
        if let over = table.integers("over", each: [-65535...65535, -65535...65535], example: "[0, -2]") {
            rule.from = over[0]
            rule.to = over[1]
        }
        rule.at = table.integer("at", in: -65535...65535)
        rule.encoding = table.choice("encoding", of: ChecksumRule.Encoding.self) ?? .be
        rule.isOfRawBytes = table.boolean("raw") ?? false
        rule.avoided = bytes(table, "avoid") ?? []
        if rule.encoding == .sdi12, rule.byteCount != 2 {
            table.fail("three characters of six bits hold a checksum of 16 bits", at: "encoding")
        }
        return rule
    }

    private func readChecksumKind(_ table: TableReader) -> ChecksumRule.Kind? {
        guard let word = table.string("kind") else { return nil }
        if word != "sum8-to" { table.refuse("total", "belongs to kind = \"sum8-to\"") }
        if word != "crc" {
            for key in ["width", "poly", "init", "refin", "refout", "xorout"] {
                table.refuse(key, "belongs to kind = \"crc\"")
            }
        }
        switch word {
        case "none": return nil
        case "sum8-to":
            table.require("total", example: "0x55")
            return .sum8To(UInt8(table.integer("total", in: 0...255) ?? 0))
        case "crc": return .crc(readCRC(table))
        default:
            if let kind = Self.plainKinds[word] { return kind }
            if let crc = Self.namedCRCs[word] { return .crc(crc) }
            let words = Self.plainKinds.keys.sorted() + ["none", "sum8-to", "crc"] + Self.namedCRCs.keys.sorted()
            let hint = NearestKey.hint(word, in: words) ?? "; there are \(quotedList(words))"
            table.fail("\(quoted(word)) is no checksum\(hint)", at: "kind")
            return .sum8
        }
    }

    private func readCRC(_ table: TableReader) -> CRC {
        table.require("width", example: "16")
        table.require("poly", example: "0x8005")
        let width = table.integer("width", in: 8...32) ?? 16
        let most = Int(UInt32.max >> UInt32(32 - width))
        func register(_ key: String) -> UInt32 { UInt32(table.integer(key, in: 0...most) ?? 0) }
        return CRC(
            width: width, polynomial: register("poly"), initial: register("init"),
            reflectsInput: table.boolean("refin") ?? false, reflectsOutput: table.boolean("refout") ?? false,
            finalXor: register("xorout"))
    }
}

extension ChecksumRule {
    /// Bytes of the value itself.
    var byteCount: Int {
        switch kind {
        case .sum8, .sum8Not, .sum8Negative, .sum8To, .xor8, .sum6, .sum7Not: 1
        case .sum16, .sum16Negative, .fletcher8: 2
        case .crc(let crc): (crc.width + 7) / 8
        }
    }

    /// Bytes that it takes up as it is written.
    var writtenByteCount: Int {
        switch encoding {
        case .be, .le: byteCount
        case .hex, .hexLE: byteCount * 2
        case .sdi12: 3
        }
    }
}
