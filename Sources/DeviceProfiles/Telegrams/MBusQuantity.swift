/// What a value information block says of its value (EN 13757-3, section 8).
struct MBusQuantity {
    /// The key, without function, tariff and storage.
    var name: String
    /// SenML symbol; nil where there is none, or none that the unit goes into: m3/h.
    var unit: String?
    /// Power of ten of the value.
    var exponent = 0
    /// Whole factor and divisor of the value: minutes as seconds, J/h as W.
    var multiplier = 1.0
    var divisor = 1.0
    /// How the bytes are meant.
    var content = Content.number

    /// How the bytes of a value are meant.
    enum Content {
        case number
        /// Digits that name something.
        case identification
        /// A date, by its size with a time.
        case date
        /// Each bit has a meaning of its own; as a number without sign.
        case bits
    }

    /// A quantity.
    init(
        _ name: String, _ unit: String? = nil, exponent: Int = 0, multiplier: Double = 1, divisor: Double = 1,
        content: Content = .number
    ) {
        self.name = name
        self.unit = unit
        self.exponent = exponent
        self.multiplier = multiplier
        self.divisor = divisor
        self.content = content
    }

    /// That of the primary table, by the seven lower bits of the VIF; nil where the table has none.
    static func primary(_ code: UInt8) -> MBusQuantity? {
        let three = Int(code & 7)
        let two = Int(code & 3)
        switch code {
        case 0x00...0x07: return MBusQuantity("energy", "Wh", exponent: three - 3)
        case 0x08...0x0F: return MBusQuantity("energy", "J", exponent: three)
        case 0x10...0x17: return MBusQuantity("volume", "m3", exponent: three - 6)
        case 0x18...0x1F: return MBusQuantity("mass", "kg", exponent: three - 3)
        case 0x20...0x23: return duration("on_time", two)
        case 0x24...0x27: return duration("operating_time", two)
        case 0x28...0x2F: return MBusQuantity("power", "W", exponent: three - 3)
        case 0x30...0x37: return MBusQuantity("power", "W", exponent: three, divisor: 3600)
        case 0x38...0x3F: return MBusQuantity("flow", exponent: three - 6)
        case 0x40...0x47: return MBusQuantity("flow", exponent: three - 7, multiplier: 60)
        case 0x48...0x4F: return MBusQuantity("flow", exponent: three - 9, multiplier: 3600)
        case 0x50...0x57: return MBusQuantity("mass_flow", exponent: three - 3)
        case 0x58...0x5B: return MBusQuantity("flow_temperature", "Cel", exponent: two - 3)
        case 0x5C...0x5F: return MBusQuantity("return_temperature", "Cel", exponent: two - 3)
        case 0x60...0x63: return MBusQuantity("temperature_difference", "K", exponent: two - 3)
        case 0x64...0x67: return MBusQuantity("external_temperature", "Cel", exponent: two - 3)
        case 0x68...0x6B: return MBusQuantity("pressure", "hPa", exponent: two)
        case 0x6C: return MBusQuantity("date", content: .date)
        case 0x6D: return MBusQuantity("datetime", content: .date)
        case 0x6E: return MBusQuantity("hca", "count")
        case 0x70...0x73: return duration("averaging_time", two)
        case 0x74...0x77: return duration("actuality_time", two)
        case 0x78: return MBusQuantity("fabrication_number", content: .identification)
        case 0x79: return MBusQuantity("identification", content: .identification)
        case 0x7A: return MBusQuantity("bus_address")
        default: return nil
        }
    }

    /// That of the table behind FD.
    static func extensionFD(_ code: UInt8) -> MBusQuantity? {
        let two = Int(code & 3)
        switch code {
        case 0x08: return MBusQuantity("access_number", "count")
        case 0x0B: return MBusQuantity("parameter_set", content: .identification)
        case 0x0C: return MBusQuantity("model_version", content: .identification)
        case 0x0D: return MBusQuantity("hardware_version", content: .identification)
        case 0x0E: return MBusQuantity("firmware_version", content: .identification)
        case 0x0F: return MBusQuantity("software_version", content: .identification)
        case 0x10: return MBusQuantity("customer_location", content: .identification)
        case 0x11: return MBusQuantity("customer", content: .identification)
        case 0x17: return MBusQuantity("error_flags", content: .bits)
        case 0x1A: return MBusQuantity("digital_output", content: .bits)
        case 0x1B: return MBusQuantity("digital_input", content: .bits)
        case 0x1C: return MBusQuantity("baud_rate")
        case 0x24...0x27: return duration("storage_interval", two)
        case 0x28: return MBusQuantity("storage_interval_months")
        case 0x29: return MBusQuantity("storage_interval_years")
        case 0x2C...0x2F: return duration("time_since_readout", two)
        case 0x30: return MBusQuantity("tariff_start", content: .date)
        case 0x31...0x33: return duration("tariff_duration", two)
        case 0x34...0x37: return duration("tariff_period", two)
        case 0x3A: return MBusQuantity("dimensionless")
        case 0x40...0x4F: return MBusQuantity("voltage", "V", exponent: Int(code & 15) - 9)
        case 0x50...0x5F: return MBusQuantity("current", "A", exponent: Int(code & 15) - 12)
        case 0x60: return MBusQuantity("reset_counter", "count")
        case 0x61: return MBusQuantity("cumulation_counter", "count")
        case 0x68...0x6B: return duration("time_since_cumulation", two, from: 2)
        case 0x6C...0x6F: return duration("battery_operating_time", two, from: 2)
        case 0x70: return MBusQuantity("battery_change", content: .date)
        case 0x71: return MBusQuantity("signal_strength", "dBm")
        case 0x74: return MBusQuantity("battery_remaining", "s", multiplier: 86_400)
        default: return nil
        }
    }

    /// That of the table behind FB.
    static func extensionFB(_ code: UInt8) -> MBusQuantity? {
        let one = Int(code & 1)
        let two = Int(code & 3)
        switch code {
        case 0x00...0x01: return MBusQuantity("energy", "Wh", exponent: one + 5)
        case 0x02...0x03: return MBusQuantity("reactive_energy", "kvarh", exponent: one)
        case 0x04...0x05: return MBusQuantity("apparent_energy", "kVAh", exponent: one)
        case 0x08...0x09: return MBusQuantity("energy", "J", exponent: one + 8)
        case 0x0C...0x0F: return MBusQuantity("energy", "J", exponent: two + 5, multiplier: 4.1868)
        case 0x10...0x11: return MBusQuantity("volume", "m3", exponent: one + 2)
        case 0x14...0x17: return MBusQuantity("reactive_power", "kvar", exponent: two - 3)
        case 0x18...0x19: return MBusQuantity("mass", "kg", exponent: one + 5)
        case 0x1A...0x1B: return MBusQuantity("humidity", "%RH", exponent: one - 1)
        case 0x28...0x29: return MBusQuantity("power", "W", exponent: one + 5)
        case 0x2A: return MBusQuantity("phase_voltage_to_voltage", "deg", exponent: -1)
        case 0x2B: return MBusQuantity("phase_voltage_to_current", "deg", exponent: -1)
        case 0x2C...0x2F: return MBusQuantity("frequency", "Hz", exponent: two - 3)
        case 0x30...0x31: return MBusQuantity("power", "W", exponent: one + 8, divisor: 3600)
        case 0x34...0x37: return MBusQuantity("apparent_power", "kVA", exponent: two - 3)
        case 0x74...0x77: return MBusQuantity("temperature_limit", "Cel", exponent: two - 3)
        case 0x78...0x7F: return MBusQuantity("power_cumulated_max", "W", exponent: Int(code & 7) - 3)
        default: return nil
        }
    }

    /// That of a unit in plain text.
    static func plainText(_ text: String) -> MBusQuantity {
        switch text {
        case "%RH": return MBusQuantity("humidity", "%RH")
        default:
            let letters = text.utf8.map { isNameByte($0) ? Character(Unicode.Scalar($0)) : "_" }
            return MBusQuantity(letters.isEmpty ? "text" : String(letters))
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    /// Seconds from units 0 (seconds) to 3 (days). Two tables count from hours: `from` 2, up to years.
    private static func duration(_ name: String, _ index: Int, from first: Int = 0) -> MBusQuantity? {
        let units: [Double] = [1, 60, 3600, 86_400]
        let index = index + first
        return index < units.count ? MBusQuantity(name, "s", multiplier: units[index]) : nil
    }
}
