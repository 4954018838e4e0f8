/// CRC-32C, the Castagnoli polynomial (RFC 3720, appendix B.4), eight bytes at a time.
enum CRC32C {
    /// The checksum of all bytes of `content`, one part after another.
    static func checksum(_ content: RawSpan, continuing previous: UInt32 = 0) -> UInt32 {
        content.withUnsafeBytes { bytes in
            tables.withUnsafeBufferPointer { table in
                var crc = ~previous
                var index = 0
                while index + 8 <= bytes.count {
                    let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self).littleEndian ^ UInt64(crc)
                    crc = table[7 << 8 | Int(word & 0xFF)]
                    crc ^= table[6 << 8 | Int(word >> 8 & 0xFF)]
                    crc ^= table[5 << 8 | Int(word >> 16 & 0xFF)]
                    crc ^= table[4 << 8 | Int(word >> 24 & 0xFF)]
                    crc ^= table[3 << 8 | Int(word >> 32 & 0xFF)]
                    crc ^= table[2 << 8 | Int(word >> 40 & 0xFF)]
                    crc ^= table[1 << 8 | Int(word >> 48 & 0xFF)]
                    crc ^= table[Int(word >> 56)]
                    index += 8
                }
                while index < bytes.count {
                    crc = crc >> 8 ^ table[Int((crc ^ UInt32(bytes[index])) & 0xFF)]
                    index += 1
                }
                return ~crc
            }
        }
    }

    /// Eight tables of 256: the effect of a byte that is followed by 0 to 7 others.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var crc = UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 0 ? crc >> 1 : crc >> 1 ^ 0x82F6_3B78 }
            tables[byte] = crc
        }
        for index in 256..<(8 * 256) {
            let previous = tables[index - 256]
            tables[index] = previous >> 8 ^ tables[Int(previous & 0xFF)]
        }
        return tables
    }()
}
