/// A CRC computed a byte at a time, by a table of what each byte does.
struct CRCTable: Sendable {
    private let crc: CRC
    private let table: [UInt32]
    /// What the register begins with. It stands at the low end where bytes go in reflected, else at the high end: so
    /// one loop does for every width.
    private let initial: UInt32

    init(_ crc: CRC) {
        precondition((8...32).contains(crc.width), "a CRC has 8 to 32 bits")
        self.crc = crc
        let shift = UInt32(32 - crc.width)
        if crc.reflectsInput {
            let polynomial = Self.reversed(crc.polynomial) >> shift
            initial = Self.reversed(crc.initial) >> shift
            table = (0..<256).map { byte in
                (0..<8).reduce(UInt32(byte)) { rest, _ in rest & 1 == 1 ? rest >> 1 ^ polynomial : rest >> 1 }
            }
        } else {
            let polynomial = crc.polynomial << shift
            initial = crc.initial << shift
            table = (0..<256).map { byte in
                (0..<8).reduce(UInt32(byte) << 24) { rest, _ in
                    rest >> 31 == 1 ? rest << 1 ^ polynomial : rest << 1
                }
            }
        }
    }

    /// The CRC of these bytes.
    func checksum(of bytes: Span<UInt8>) -> UInt32 {
        let mask = UInt32.max >> UInt32(32 - crc.width)
        var register = initial
        let table = self.table.span
        if crc.reflectsInput {
            for index in bytes.indices {
                let place = UInt8(truncatingIfNeeded: register) ^ bytes[unchecked: index]
                register = register >> 8 ^ table[unchecked: Int(place)]
            }
        } else {
            for index in bytes.indices {
                let place = UInt8(truncatingIfNeeded: register >> 24) ^ bytes[unchecked: index]
                register = register << 8 ^ table[unchecked: Int(place)]
            }
            register >>= UInt32(32 - crc.width)
        }
        if crc.reflectsInput != crc.reflectsOutput { register = Self.reversed(register) >> UInt32(32 - crc.width) }
        return (register ^ crc.finalXor) & mask
    }

    /// The bits in the other order.
    private static func reversed(_ value: UInt32) -> UInt32 {
        (0..<32).reduce(0) { reversed, bit in reversed << 1 | value >> UInt32(bit) & 1 }
    }
}
