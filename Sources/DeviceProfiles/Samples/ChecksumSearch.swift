import SerialIO

/// Looks for a checksum that fits frames whose own does not: for somebody whose data sheet does not say which it is, or
/// over what.
enum ChecksumSearch {
    /// No data sheet leaves out more of a frame's beginning.
    private static let fromMax = 8
    private static let plainKinds: [(String, ChecksumRule.Kind)] = [
        ("sum8", .sum8), ("sum8-negative", .sum8Negative), ("sum8-not", .sum8Not), ("xor8", .xor8), ("sum16", .sum16),
        ("sum16-negative", .sum16Negative), ("fletcher8", .fletcher8),
    ]

    /// What to write so that all these frames are whole, `kind = "sum8", over = [2, 8]`; nil where nothing is found.
    ///
    /// - Parameter rule: says where it stands; what does, and how it is encoded, is tried.
    static func description(fitting frames: [[UInt8]], as rule: ChecksumRule) -> String? {
        guard !frames.isEmpty else { return nil }
        let size = Checksum(rule).size
        let end = rule.at ?? -size
        let kinds = plainKinds + CRC.names.compactMap { name in CRC(named: name).map { (name, .crc($0)) } }
        for (name, kind) in kinds where Checksum(ChecksumRule(kind)).size == size {
            for encoding in size > 1 ? [ChecksumRule.Encoding.be, .le] : [.be] {
                for from in 0...fromMax {
                    let tried = ChecksumRule(kind, from: from, to: end, at: rule.at, encoding: encoding)
                    let checksum = Checksum(tried)
                    guard frames.allSatisfy({ checksum.matches($0) }) else { continue }
                    let order = size > 1 ? ", encoding = \"\(encoding.rawValue)\"" : ""
                    return "kind = \"\(name)\", over = [\(from), \(end)]\(order)"
                }
            }
        }
        return nil
    }
}
