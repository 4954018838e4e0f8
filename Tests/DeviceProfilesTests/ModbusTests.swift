import DeviceProfiles
import Testing

@Suite struct ModbusDecodingTests {
    private static let text = """
        framing = { kind = "modbus-rtu" }
        modbus = { bridge = 2 }
        fields = [
          { name = "voltage", input = 0, type = "f32", unit = "V" },
          { name = "energy", input = 4, type = "u32", order = "CDAB", scale = 0.01, unit = "kWh" },
          { name = "high", input = 6, type = "u8", high = true },
          { name = "low", input = 6, type = "s8", low = true },
          { name = "far", input = 20, type = "s16" },
          { name = "alarm", coil = 3 },
        ]
        """

    private func decoder(_ text: String = Self.text) throws -> ProfileDecoder { ProfileDecoder(try profile(text)) }

    @Test func `neighbours and near ones are asked for together, others apart`() throws {
        let plan = try #require(try decoder().plan)
        #expect(plan.requests.map { "\($0.table) \($0.range)" } == ["coil 3..<4", "input 0..<7", "input 20..<21"])
        #expect(plan.requests[1].rtuBytes(unit: 1) == hex("01 04 00 00 00 07 B1 C8"))
        #expect(String(decoding: plan.requests[1].asciiBytes(unit: 1), as: UTF8.self) == ":010400000007F4\r\n")
    }

    @Test func `no request asks for more registers than allowed, nor splits a field`() throws {
        let fields = (0..<40).map { "{ name = \"r\($0)\", holding = \($0 * 2), type = \"f32\" }" }.joined(
            separator: ",")
        let text = "framing = { kind = \"modbus-rtu\" }\nmodbus = { registers_max = 9 }\nfields = [\(fields)]"
        let plan = try #require(try decoder(text).plan)
        #expect(plan.requests.allSatisfy { $0.range.count == 8 } && plan.requests.count == 10)
        let apart = try #require(
            try decoder(text.replacing("registers_max = 9", with: "one_request_per_field = true")).plan)
        #expect(apart.requests.count == 40)
    }

    @Test func `a reply gives the fields that are wholly in what was asked for`() throws {
        let request = hex("01 04 00 00 00 07 B1 C8")
        let reply = hex("01 04 0E 43663333 00000000 00020001 FF FE")
        #expect(
            short(try decoder().decode(reply[...], request: request))
                == ["voltage=230.2 V", "energy=655.38 kWh", "high=255.0", "low=-2.0"])
        // Half of a field is none.
        #expect(short(try decoder().decode(hex("01 04 02 4366")[...], request: hex("01 04 00 00 00 01"))) == [])
    }

    @Test func `without a request the plan says what a reply answers`() throws {
        #expect(short(try decoder().decode(hex("01 04 02 FFFF")[...])) == ["far=-1.0"])
        #expect(short(try decoder().decode(hex("01 01 01 01")[...])) == ["alarm=true"])
        #expect(short(try decoder().decode(hex("01 04 04 00000000")[...])) == ["skipped"])
    }

    @Test func `an exception is rejected by its name, and what does not fit the request too`() throws {
        #expect(short(try decoder().decode(hex("01 84 02")[...])) == ["rejected: exception 2: illegal data address"])
        let request = hex("01 04 00 14 00 01")
        #expect(
            short(try decoder().decode(hex("01 04 04 0000 0000")[...], request: request)) == [
                "rejected: it has 4 bytes where 2 were asked for"
            ])
        #expect(
            short(try decoder().decode(hex("01 04 02 00")[...], request: request)) == [
                "rejected: it has 1 bytes where 2 were asked for"
            ])
        #expect(short(try decoder().decode(hex("01")[...], request: request)) == ["rejected: it has no function"])
    }

    @Test func `a byte count that is wrong is believed from the request, where the profile says so`() throws {
        let text = Self.text.replacing("bridge = 2", with: "byte_count = \"request\"")
        #expect(
            short(try decoder(text).decode(hex("01 04 09 0005")[...], request: hex("01 04 00 14 00 01"))) == ["far=5.0"]
        )
    }
}
