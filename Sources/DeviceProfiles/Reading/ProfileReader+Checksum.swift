import SerialIO
import StrictTOML

/// `[checksum]` and `check` of a poll.
extension ProfileReader {
    private static let plainKinds: [String: ChecksumRule.Kind] = [
        "sum8": .sum8, "sum8-not": .sum8Not, "sum8-negative": .sum8Negative, "lrc": .sum8Negative, "sum16": .sum16,
        "sum16-negative": .sum16Negative, "xor8": .xor8, "fletcher8": .fletcher8, "sum6": .sum6, "sum7-not": .sum7Not,
    ]

    /// A rule; nil for `none`, and where it is wrong.
    func readChecksum(_ table: TableReader) -> ChecksumRule? {
        defer { table.finish() }
        table.require("kind", example: "\"sum8\"")
        guard let kind = readChecksumKind(table) else {
            for key in ["over", "at", "encoding", "raw", "avoid", "init", "xorout", "mask"] {
                table.refuse(key, "kind says that there is none")
            }
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
        readChange(table, into: &rule)
        if let mask = table.integer("mask", in: 1...Int(UInt32.max)) {
            rule.mask = UInt32(mask)
            if ![.be, .le].contains(rule.encoding) { table.fail("is for bytes, not for digits", at: "mask") }
        }
        if rule.encoding == .sdi12, !rule.isOfSixteenBits {
            table.fail("three characters of six bits hold a checksum of 16 bits", at: "encoding")
        }
        return rule
    }

    /// What a sum or exclusive or begins with, and what its result is changed by. A CRC of parameters has its own.
    private func readChange(_ table: TableReader, into rule: inout ChecksumRule) {
        if case .crc = rule.kind {
            guard table.string("kind") != "crc" else { return }
            for key in ["init", "xorout"] {
                table.refuse(key, "the name says it already; say kind = \"crc\" for another")
            }
            return
        }
        let most = Checksum(rule).valueSize == 1 ? 0xFF : 0xFFFF
        rule.initial = UInt32(table.integer("init", in: 0...most) ?? 0)
        rule.finalXor = UInt32(table.integer("xorout", in: 0...most) ?? 0)
    }

    private func readChecksumKind(_ table: TableReader) -> ChecksumRule.Kind? {
        guard let word = table.string("kind") else { return nil }
        if word != "sum8-to" { table.refuse("total", "belongs to kind = \"sum8-to\"") }
        if word != "crc" {
            for key in ["width", "poly", "refin", "refout"] {
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
            if let crc = CRC(named: word) { return .crc(crc) }
            let words = Self.plainKinds.keys.sorted() + ["none", "sum8-to", "crc"] + CRC.names
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
    fileprivate var isOfSixteenBits: Bool {
        switch kind {
        case .sum16, .sum16Negative, .fletcher8: true
        case .crc(let crc): (9...16).contains(crc.width)
        default: false
        }
    }
}
