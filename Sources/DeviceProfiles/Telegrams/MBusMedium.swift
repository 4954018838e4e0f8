/// What a meter measures (EN 13757-7, device types).
enum MBusMedium {
    /// A name for the code; `0x2A` where it is not known.
    static func name(_ code: UInt8) -> String { names[code] ?? "0x" + TelegramText.hexadecimal(code) }

    private static let names: [UInt8: String] = [
        0x00: "other", 0x01: "oil", 0x02: "electricity", 0x03: "gas", 0x04: "heat", 0x05: "steam", 0x06: "warm water",
        0x07: "water", 0x08: "heat cost allocator", 0x09: "compressed air", 0x0A: "cooling, outlet",
        0x0B: "cooling, inlet", 0x0C: "heat, inlet", 0x0D: "heat and cooling", 0x0E: "bus", 0x0F: "unknown",
        0x15: "hot water", 0x16: "cold water", 0x17: "hot and cold water", 0x18: "pressure", 0x19: "A/D converter",
        0x1A: "smoke detector", 0x1B: "room sensor", 0x1C: "gas detector", 0x20: "breaker", 0x21: "valve",
        0x25: "customer unit", 0x28: "waste water", 0x29: "garbage",
    ]
}
