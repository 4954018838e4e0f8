extension CRC {
    /// The CRC of this name, as the catalogue of parametrised CRC algorithms (Greg Cook, reveng) has it; nil for
    /// names that are not among ``names``.
    public init?(named name: String) {
        guard let crc = Self.catalogue[name] else { return nil }
        self = crc
    }

    /// The names that ``init(named:)`` knows, sorted.
    public static let names = catalogue.keys.sorted()

    /// Of Modbus RTU (Modbus over serial line V1.02, 2.5.1.2).
    public static let modbus = reflected(16, 0x8005, initial: 0xFFFF)
    /// Of DSMR telegrams, and of SDI-12.
    public static let arc = reflected(16, 0x8005)

    private static let catalogue: [String: CRC] = [
        "crc8/smbus": CRC(width: 8, polynomial: 0x07),
        "crc8/maxim": reflected(8, 0x31),
        "crc8/sensirion": CRC(width: 8, polynomial: 0x31, initial: 0xFF),
        "crc16/modbus": modbus,
        "crc16/arc": arc,
        "crc16/xmodem": CRC(width: 16, polynomial: 0x1021),
        "crc16/ccitt-false": CRC(width: 16, polynomial: 0x1021, initial: 0xFFFF),
        "crc16/x25": reflected(16, 0x1021, initial: 0xFFFF, finalXor: 0xFFFF),
        "crc16/kermit": reflected(16, 0x1021),
        "crc16/mcrf4xx": reflected(16, 0x1021, initial: 0xFFFF),
        "crc16/en13757": CRC(width: 16, polynomial: 0x3D65, finalXor: 0xFFFF),
        "crc32/iso-hdlc": reflected(32, 0x04C1_1DB7, initial: 0xFFFF_FFFF, finalXor: 0xFFFF_FFFF),
    ]

    private static func reflected(
        _ width: Int, _ polynomial: UInt32, initial: UInt32 = 0, finalXor: UInt32 = 0
    ) -> CRC {
        CRC(
            width: width, polynomial: polynomial, initial: initial, reflectsInput: true, reflectsOutput: true,
            finalXor: finalXor)
    }
}
