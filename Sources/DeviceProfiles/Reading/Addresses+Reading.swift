import StrictTOML

// What tells devices on one line apart, in the words of each protocol: the same keys, with the same bounds, in profiles
// and in the configuration.

extension ModbusRule {
    /// Slave addresses; 0 is for all slaves, who do not answer (Modbus over serial line V1.02, section 2.2).
    public static let units = 1...254

    /// Reads `unit`; without it the address stays.
    public mutating func readUnit(_ table: TableReader) { unit = table.integer("unit", in: Self.units) ?? unit }
}

extension MBusRule {
    /// Primary addresses, and 254 for the only meter on the line.
    public static let addresses = 0...254

    /// Reads `address` or `secondary`; without them the address stays.
    public mutating func readAddress(_ table: TableReader) {
        if let address = table.integer("address", in: Self.addresses) {
            self.address = address
            secondary = nil
        }
        guard let text = table.string("secondary") else { return }
        if MBusAddress(secondary: text) == nil {
            table.fail("\(quoted(text)) is no secondary address; it has 8 or 16 digits", at: "secondary")
        }
        if table.has("address") { table.fail("give either address or secondary", at: "secondary") }
        secondary = text
    }
}

extension SDI12Rule {
    /// Reads `address`; without it the address stays.
    public mutating func readAddress(_ table: TableReader) {
        address = table.string("address") ?? address
        if let problem = Self.problem(address: address) { table.fail(problem, at: "address") }
    }

    /// Why a text is no address; nil where it is one.
    public static func problem(address: String) -> String? {
        let isAddress = address.utf8.count == 1 && address.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
        return isAddress ? nil : "\(quoted(address)) is no address; it is one letter or digit"
    }
}

extension IEC62056Rule {
    /// Reads `address`; without it the address stays.
    public mutating func readAddress(_ table: TableReader) {
        address = table.string("address", allowsEmpty: true) ?? address
        if let problem = Self.problem(address: address) { table.fail(problem, at: "address") }
    }

    /// Why a text is no address; nil where it is one.
    public static func problem(address: String) -> String? {
        let isAddress = address.utf8.count <= 32 && address.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        return isAddress ? nil : "is at most 32 printable ASCII characters"
    }
}
