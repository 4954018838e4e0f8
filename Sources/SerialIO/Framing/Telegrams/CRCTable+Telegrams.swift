extension CRCTable {
    /// Of SML and HDLC.
    static let x25 = CRCTable(named: "crc16/x25")
    /// Of some meters that send SML.
    static let kermit = CRCTable(named: "crc16/kermit")
    /// Of DSMR.
    static let arc = CRCTable(named: "crc16/arc")
    /// Of ESP3.
    static let smbus = CRCTable(named: "crc8/smbus")

    private init(named name: String) { self.init(CRC(preset: name)) }
}

extension CRC {
    /// One of the catalogue, whose name stands in the program.
    init(preset name: String) {
        guard let crc = CRC(named: name) else { preconditionFailure("\(name) is in the catalogue") }
        self = crc
    }
}

extension Span<UInt8> {
    /// The 16 bits at an offset, the lowest byte first.
    func littleEndian16(at offset: Int) -> UInt32 { UInt32(self[offset]) | UInt32(self[offset + 1]) << 8 }

    /// The first offset from `start` on at which one of these bytes stands.
    func firstOffset(ofAny marks: [UInt8], from start: Int = 0) -> Int? {
        marks.compactMap { firstOffset(of: $0, from: start) }.min()
    }
}

extension [UInt8] {
    /// Appends a part of what waits.
    mutating func append(contentsOf bytes: Span<UInt8>) {
        reserveCapacity(count + bytes.count)
        for index in bytes.indices { append(bytes[index]) }
    }
}
