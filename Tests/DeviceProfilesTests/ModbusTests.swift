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

    // MARK: Arrays, and registers that need each other

    private static let array = """
        framing = { kind = "modbus-rtu" }
        modbus = { registers_max = 20 }
        fields = [
          { name = "cells", holding = 10, publish = false },
          { name = "cell_{n}", holding = 11, count = { field = "cells", max = 4 }, scale = 0.1, unit = "V" },
          { name = "t_{n}", holding = 15, type = "s32", count = 2, stride = 3, missing = [0x80000000] },
          { name = "alarm_{n}", coil = 3, count = 10 },
        ]
        """

    @Test func `arrays of registers and coils are asked for whole, and read as far as they go`() throws {
        let decoder = try decoder(Self.array)
        #expect(
            decoder.plan?.requests.map { "\($0.table) \($0.range)" } == [
                "coil 3..<13", "holding 10..<17", "holding 18..<20",
            ])
        let reply = hex("01 03 0E 0002 0021 0022 0023 0024 FFFFFFFF")
        #expect(
            short(decoder.decode(reply[...], request: hex("01 03 000A 0007"))) == [
                "cell_1=3.3 V", "cell_2=3.4 V", "t_1=-1.0",
            ])
        #expect(
            short(decoder.decode(hex("01 03 04 80000000")[...], request: hex("01 03 0012 0002"))) == ["t_2!missing"])
        let coils = short(decoder.decode(hex("01 01 02 05 02")[...], request: hex("01 01 0003 000A")))
        #expect(
            coils.count == 10 && coils[0] == "alarm_1=true" && coils[1] == "alarm_2=false"
                && coils[9] == "alarm_10=true")
    }

    @Test func `an array that goes beyond the registers, or is counted as in a frame, is an error`() {
        func problem(_ field: String) -> [String] { issues("framing = { kind = \"modbus-rtu\" }\nfields = [\(field)]") }
        #expect(
            problem("{ name = \"a_{n}\", holding = 65530, count = 4, stride = 2 }")
                == ["5: fields[1]: the registers end at 65535"])
        #expect(
            problem("{ name = \"a_{n}\", holding = 0, count = { at = 8, type = \"u8\" } }").first
                == "5: fields[1].count.at: registers are counted by a field")
        #expect(
            problem("{ name = \"n\", holding = 0 }, { name = \"a_{n}\", holding = 1, count = { field = \"n\" } }").first
                == "5: fields[2].count: missing key \"max\"; for example max = 16")
    }

    @Test func `a scale factor of another request is an error that says what to set`() throws {
        let text = """
            framing = { kind = "modbus-rtu" }
            modbus = { unit = 1 }
            fields = [
              { name = "current", holding = 71, scale_by = { field = "factor", as = "exponent" }, unit = "A" },
              { name = "factor", holding = 75, type = "s16", missing = [0x8000], publish = false },
            ]
            """
        #expect(
            issues(text) == [
                "5: modbus: \"current\" needs \"factor\", which is read by another request; set bridge in [modbus] so "
                    + "high that one request reads both"
            ])
        let decoder = try decoder(text.replacing("unit = 1", with: "bridge = 3"))
        let request = hex("01 03 0047 0005")
        #expect(
            short(decoder.decode(hex("01 03 0A 04D2 0000 0000 0000 FFFE")[...], request: request)) == [
                "current=12.34 A"
            ])
        #expect(
            short(decoder.decode(hex("01 03 0A 04D2 0000 0000 0000 8000")[...], request: request))
                == ["current!missing"])
    }

    @Test func `a register may have its low byte first`() throws {
        let text =
            "framing = { kind = \"modbus-rtu\" }\n"
            + "fields = [{ name = \"x\", input = 0, type = \"s16\", order = \"BADC\" }]"
        #expect(
            short(try decoder(text).decode(hex("01 04 02 FEFF")[...], request: hex("01 04 0000 0001"))) == ["x=-2.0"])
        #expect(
            issues(text.replacing("BADC", with: "CDAB")) == [
                "5: fields[1].order: is for 32 and 64 bits, and \"BADC\" for 16 bits whose low byte comes first"
            ])
    }
}
