import AgentTestKit
import Records
import Testing

@testable import DeviceProfiles

/// Values in short form: `key=value unit`.
private func short(_ result: TelegramResult) -> [String] {
    switch result {
    case .empty: return ["empty"]
    case .rejected(let reason): return ["rejected: " + reason]
    case .values(let values):
        return values.map { value in
            let text =
                switch value.value {
                case .number(let number)?: "\(number)"
                case .text(let text)?: text.debugDescription
                case .boolean(let boolean)?: "\(boolean)"
                case nil: "nil"
                }
            return "\(value.key)=\(text)" + (value.unit.map { " " + $0 } ?? "")
        }
    }
}

private func decode(_ decoder: some TelegramDecoder, _ text: String) -> [String] {
    short(decoder.decode(Array(text.utf8)[...]))
}

private func decode(_ decoder: some TelegramDecoder, hex: String) throws -> [String] {
    short(decoder.decode(try #require([UInt8](hexadecimal: hex))[...]))
}

@Suite struct TextTelegramTests {
    @Test(arguments: [
        ("1-0:1.8.1(000004.426*kWh)", ["1-0:1.8.1=4.426 kWh"]), ("1-0:1.7.0(00.244*kW)", ["1-0:1.7.0=0.244 kW"]),
        ("0-0:96.13.0()", ["0-0:96.13.0=nil"]), ("0-0:96.14.0(0002)", ["0-0:96.14.0=2.0"]),
        ("0-0:96.1.1(00123)", [#"0-0:96.1.1="00123""#]), ("0-1:24.2.1(240.860*GJ)", ["0-1:24.2.1=240.86"]),
        (
            "1-0:1.6.0(200509134558S)(02.589*kW)",
            ["1-0:1.6.0=2.589 kW", #"1-0:1.6.0.time="200509134558S""#]
        ),
        ("1-0:99.97.0(1)(0-0:96.7.19)(190326095015W)(0000002014*s)", ["1-0:99.97.0=1.0"]),
        ("0-1:24.2.1(632525252525W)(00000.000)", ["0-1:24.2.1=nil"]),
        ("9.9.9(12345678901234567)", [#"9.9.9="12345678901234567""#]),
        ("0-1:24.2.1(1.2.3*m3)", [#"0-1:24.2.1="1.2.3*m3""#]),
    ])
    func `a line of DSMR is its value, with what belongs to it`(line: String, expected: [String]) {
        #expect(decode(DSMRDecoder(), "/X\r\n\r\n\(line)\r\n!") == expected)
    }

    @Test(arguments: [
        ("1-0:1.8.1*255(001720.4816)", ["1-0:1.8.1=1720.4816 kWh"]), ("3.8.0(12.5)", ["3.8.0=12.5 kvarh"]),
        ("9.4(098.5*C&096.1*C)", ["9.4=98.5 Cel", "9.4_2=96.1 Cel"]), ("9.3(00&0)", [#"9.3="00&0""#]),
        ("1.8.0(12)", ["1.8.0=12.0"]), ("1.8.0*01(12.5*MWh)", ["1.8.0*01=12500.0 kWh"]),
        ("0.0(  18438636)", [#"0.0="18438636""#]), ("C.1.1(     )", ["C.1.1=nil"]), ("6.8(1.5*GJ)", ["6.8=1.5"]),
        ("1.6.1(00.123*kW)(2001011215)", ["1.6.1=0.123 kW", #"1.6.1.time="2001011215""#]),
        ("6.29(045*C)", ["6.29=45.0 Cel"]), ("16.7(-001.66*kW)", ["16.7=-1.66 kW"]), ("F.F(00)", ["F.F=0.0"]),
    ])
    func `a line of IEC 62056-21 is its value`(line: String, expected: [String]) {
        #expect(decode(IEC62056Decoder(), "/X\r\n\u{2}\(line)\r\n!\r\n") == expected)
    }

    @Test func `a readout without a value is rejected, an open parenthesis ends it`() {
        #expect(decode(DSMRDecoder(), "/X\r\n\r\n!").first?.hasPrefix("rejected") == true)
        #expect(decode(IEC62056Decoder(), "/X\r\n1.8.0(1)\r\n2.8.0(2\r\n!") == ["1.8.0=1.0"])
        #expect(decode(IEC62056Decoder(), "(1)(2)(3)\r\n!").first?.hasPrefix("rejected") == true)
    }

    @Test func `labels of Teleinfo decide what is a number`() {
        let historic = "\u{2}\nADCO 020830022493 8\r\nPAPP 00549 3\r\nPEJP 30 !\r\nIINST ABC  \r\u{3}"
        #expect(
            decode(TeleinfoDecoder(), historic) == [
                #"ADCO="020830022493""#, "PAPP=549.0 VA", "PEJP=30.0 min", "IINST=nil A",
            ])
        let standard = "\u{2}\nDATE\tE200426181830\t\tA\r\nERQ1\t000123\tX\r\nNTARF\t02\t \r\u{3}"
        #expect(
            decode(TeleinfoDecoder(), standard) == [
                "DATE=nil", #"DATE.time="E200426181830""#, "ERQ1=123.0 varh", "NTARF=2.0",
            ])
        #expect(decode(TeleinfoDecoder(), "\u{2}\u{3}").first?.hasPrefix("rejected") == true)
    }

    @Test func `VE.Direct numbers are numbers, names are texts, and dashes are nothing`() {
        let block = "\r\nPID\t0x203\r\nFW\t0308\r\nI\t-7625\r\nTTG\t---\r\nAlarm\tOFF\r\nChecksum\tV"
        #expect(
            decode(VEDirectDecoder(), block) == [
                #"PID="0x203""#, #"FW="0308""#, "I=-7625.0", "TTG=nil", #"Alarm="OFF""#,
            ])
        #expect(decode(VEDirectDecoder(), "\r\nChecksum\t\tx\t5").first?.hasPrefix("rejected") == true)
    }

    @Test(arguments: [
        ("a+3.14-2.7", [#"address="a""#, "value_1=3.14", "value_2=-2.7"]), ("0", [#"address="0""#]),
        ("00102", ["empty"]),
        ("0+", ["rejected: value 1 is no number"]), ("0+1+-2", ["rejected: value 2 is no number"]),
        ("?+1", ["rejected: the line does not begin with an address"]),
        ("0x", ["rejected: no value begins behind the address"]),
    ])
    func `SDI-12 data are values by their place`(line: String, expected: [String]) {
        #expect(decode(SDI12Decoder(), line) == expected)
    }

    @Test func `a number is rounded once`() {
        #expect(TelegramNumber.scaled(2257, exponent: -1) == 225.7)
        #expect(TelegramNumber.scaled(3, exponent: -1) == 0.3)
        #expect(TelegramNumber.scaled(7, exponent: 22) == 7e22)
        #expect(TelegramNumber.scaled(7, exponent: -128).map { $0 > 0 && $0 < 1e-127 } == true)
        #expect(TelegramNumber.scaled(1, exponent: 400) == nil)
        #expect(TelegramNumber.decimal(Array("-0000.107".utf8)) == -0.107)
        #expect(TelegramNumber.decimal(Array("000000000000000000000001".utf8)) == 1)
        for text in ["", "-", ".", "1e5", "0x1", "1.2.3", "--1", "1 ", "nan"] {
            #expect(TelegramNumber.decimal(Array(text.utf8)) == nil, "\(text)")
        }
    }
}

@Suite struct BinaryTelegramTests {
    /// A long frame of M-Bus with these records behind a header.
    private func mbus(_ records: String, configuration: String = "0000", kind: String = "72") throws -> [String] {
        let header = kind == "72" ? "78563412 2440 01 07 55 00" + configuration : ""
        let body = try #require([UInt8](hexadecimal: "08 02" + kind + header + records))
        let frame = [0x68, UInt8(body.count), UInt8(body.count), 0x68] + body + [body.reduce(0, &+), 0x16]
        return Array(short(MBusDecoder().decode(frame[...])).dropFirst(kind == "72" ? 5 : 0))
    }

    @Test(arguments: [
        ("0C13 67452301", ["volume=1234.567 m3"]), ("8B60 04 371802", ["energy_t2=218370.0 Wh"]),
        ("DA02 3B 1301", ["flow_max@5=0.113"]), ("02 5A 6701", ["flow_temperature=35.9 Cel"]),
        ("02 5A 0080", ["flow_temperature=nil Cel"]), ("0A 5A 59F3", ["flow_temperature=-35.9 Cel"]),
        ("0A 5A 5A03", ["flow_temperature=nil Cel"]), ("05 5B 0000B441", ["flow_temperature=22.5 Cel"]),
        ("05 5B 0000C07F", ["flow_temperature=nil Cel"]), ("04 6D 3A0DE602", [#"datetime="2007-02-06T13:58""#]),
        ("42 6C E101", [#"date@1="2007-01-01""#]), ("42 6C FFFF", ["date@1=nil"]), ("04 6D BA0DE602", ["datetime=nil"]),
        ("0B FD47 563412 0B FD47 563412", ["voltage=1234.56 V", "voltage_2=1234.56 V"]),
        ("42 2A 0100 42 2A 0200", ["power@1=0.1 W", "power_2@1=0.2 W"]),
        ("02 FC 03 485225 74 D411", ["humidity=45.64 %RH"]),
        ("0C 78 34080054", [#"fabrication_number="54000834""#]), ("01 FD1B 80", ["digital_input=128.0"]),
        ("0D FD11 03 434241", [#"customer="ABC""#]), ("0D 13 E2 3930", ["volume=12.345 m3"]),
        ("04 933C 01000000", ["volume_negative=0.001 m3"]), ("04 9355 01000000", ["volume_x55=0.001 m3"]),
        ("04 9315 01000000", ["volume=nil m3"]), ("04 93FF 01 01000000", ["volume_x7F01=0.001 m3"]),
        ("02 FB00 0100", ["energy=100000.0 Wh"]), ("02 22 0200", ["on_time=7200.0 s"]), ("02 30 100E", ["power=1.0 W"]),
        ("04 7F 01000000", ["vif_7F=1.0"]), ("04 FF 22 01000000", ["vif_7F22=1.0"]),
        ("34 13 01000000", ["volume_error=0.001 m3"]),
        ("0D 7C 02 5750 F0 000102030405060708090A0B0C0D0E0F", [#"PW="0F0E0D0C0B0A09080706050403020100""#]),
        ("2F2F 01 13 05 2F", ["volume=0.005 m3"]), ("01 13 05 0F 010203", ["volume=0.005 m3"]),
        ("01 13 05 1F", ["volume=0.005 m3", "more_follows=true"]),
    ])
    func `a record of M-Bus is its value, with what tells it from others`(record: String, expected: [String]) throws {
        #expect(try mbus(record) == expected)
    }

    @Test func `M-Bus names what it does not read`() throws {
        #expect(try decode(MBusDecoder(), hex: "E5") == ["empty"])
        #expect(try decode(MBusDecoder(), hex: "68 03 03 68 08 01 72 7B 16").first?.contains("header") == true)
        #expect(try mbus("04 13 0102", kind: "78").first?.contains("cut short") == true)
        #expect(try mbus("", kind: "73").first?.contains("fixed data structure is cut short") == true)
        #expect(try mbus("", kind: "76").first?.contains("highest byte first") == true)
        #expect(try mbus("", kind: "70").first?.contains("error") == true)
        #expect(try mbus("8484848484848484848484848484 13 01", kind: "78").first?.hasPrefix("rejected") == true)
        let encrypted = "68 0F 0F 68 08 02 72 78563412 2440 01 07 55 00 0005 00 16"
        #expect(try decode(MBusDecoder(), hex: encrypted) == ["rejected: the telegram is encrypted"])
        #expect(try decode(MBusDecoder(), hex: "68 20 20 68 08 01 72").first?.contains("length") == true)
    }

    @Test func `Aidon's lists bring scaler and unit`() throws {
        let list = "0F 40000000 00 0102 0202 0906 0101000281FF 0A05 4149444F4E"
        let value = "0203 0906 0100200700FF 12 08F5 0202 0FFF 1623"
        #expect(
            try decode(DLMSDecoder(), hex: list + value) == [#"1.1.0.2.129.255="AIDON""#, "1.0.32.7.0.255=229.3 V"])
    }

    @Test func `Kamstrup's lists have codes, nulls between them, and scales of their own`() throws {
        let head = "0F 00000000 0C 07E1080D05 0A 00 00 FF 8000 00 0207 0A08 4B616D7374727570"
        let power = "0906 0101010700FF 06 00000FA0 00 00"
        let current = "0906 01011F0700FF 06 0000007B"
        let energy = "0906 0101010800FF 06 000003E8"
        let expected = [
            #"time="2017-08-13T10:00:00""#, #"1.1.0.2.129.255="Kamstrup""#, "1.1.1.7.0.255=4000.0 W",
            "1.1.31.7.0.255=1.23 A", "1.1.1.8.0.255=10000.0 Wh",
        ]
        #expect(try decode(DLMSDecoder(), hex: head + power + current + energy) == expected)
    }

    @Test func `Kaifa's lists are known by their length`() throws {
        let head = "0F 40000000 09 0C 07E4020F06011922FF800000"
        #expect(
            try decode(DLMSDecoder(), hex: head + "0201 06 0000157E") == [
                #"time="2020-02-15T01:25:34""#, "1.0.1.7.0.255=5502.0 W",
            ])
        let list = "0209 0907 4B464D5F303031 0902 3132 0902 4D41 06 00000001 06 00000002 06 00000003 06 00000004"
        let expected = [
            #"1.1.0.2.129.255="KFM_001""#, #"0.0.96.1.0.255="12""#, #"0.0.96.1.7.255="MA""#, "1.0.1.7.0.255=1.0 W",
            "1.0.2.7.0.255=2.0 W", "1.0.3.7.0.255=3.0 var", "1.0.4.7.0.255=4.0 var", "1.0.31.7.0.255=1.5 A",
            "1.0.32.7.0.255=230.1 V",
        ]
        let values = try decode(DLMSDecoder(), hex: head + list + "06 000005DC 06 000008FD")
        #expect(Array(values.dropFirst()) == expected)
        let unknown = try decode(DLMSDecoder(), hex: head + "0202 06 00000001 12 0002")
        #expect(Array(unknown.dropFirst()) == ["value_1=1.0", "value_2=2.0"])
    }

    @Test func `what is encrypted or no notification is rejected by name`() throws {
        #expect(try decode(DLMSDecoder(), hex: "DB 08 4B464D1020112233") == ["rejected: the telegram is encrypted"])
        #expect(try decode(DLMSDecoder(), hex: "C4 01 00").first?.contains("0xC4") == true)
        #expect(try decode(DLMSDecoder(), hex: "0F 0000").first?.contains("cut short") == true)
        #expect(try decode(DLMSDecoder(), hex: "0F 00000000 00 0201 13").first?.contains("byte 6") == true)
        #expect(DLMSDecoder().decode([]) == .empty)
    }

    @Test func `a DLMS time has an offset where the meter knows it`() throws {
        func text(_ hex: String) throws -> String? { DLMSDateTime.text(try #require([UInt8](hexadecimal: hex))[...]) }
        #expect(try text("07E4020F06011922FFFFC400") == "2020-02-15T01:25:34+01:00")
        #expect(try text("07E4020F06011922FF012C00") == "2020-02-15T01:25:34-05:00")
        #expect(try text("FFFF020F06011922FF800000") == nil)
        #expect(try text("07E40D0F06011922FF800000") == nil)
        #expect(try text("07E4020F0601") == nil)
    }

    @Test func `a list of SML gives scaled values, and none for what is left out`() throws {
        let head = "76 02 01 62 00 62 00 72 63 0701 77 01 03 0A0B 01 01"
        let energy = "77 07 0100010800FF 01 01 62 1E 52 FF 55 0000007B 01"
        let missing = "77 07 0100020800FF 01 01 62 1E 52 FF 01 01"
        let relay = "77 07 0100600300FF 01 01 01 01 42 01 01"
        let file = head + "73" + energy + missing + relay + "01 01 63 0000 00"
        let expected = [
            "1-0:1.8.0*255=12.3 Wh", "1-0:2.8.0*255=nil Wh", "1-0:96.3.0*255=true", #"server_id="0A0B""#,
            "messages=1.0",
        ]
        #expect(try decode(SMLDecoder(), hex: file) == expected)
        #expect(try decode(SMLDecoder(), hex: file + "0000") == expected)
        #expect(try decode(SMLDecoder(), hex: file + "FF").first?.hasPrefix("rejected") == true)
        #expect(try decode(SMLDecoder(), hex: "").first?.hasPrefix("rejected") == true)
        let close = "76 02 01 62 00 62 00 72 63 0201 71 01 63 0000 00"
        #expect(try decode(SMLDecoder(), hex: close) == ["empty"])
    }
}
