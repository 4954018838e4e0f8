import AgentTestKit
import Records
import Testing

@testable import DeviceProfiles

/// What single makers and old editions of a standard do otherwise.
@Suite struct TelegramQuirkTests {
    private func values(_ decoder: some TelegramDecoder, _ hex: String) throws -> [String: String] {
        let result = decoder.decode(try #require([UInt8](hexadecimal: hex))[...])
        guard case .values(let values) = result else { return ["": "\(result)"] }
        return Dictionary(
            uniqueKeysWithValues: values.map { value in
                (value.key, (value.value?.text ?? "nil") + (value.unit.map { " " + $0 } ?? ""))
            })
    }

    /// An answer of M-Bus in the fixed data structure.
    private func fixed(_ body: String) throws -> [String: String] {
        let content = try #require([UInt8](hexadecimal: "08 05 73" + body))
        let frame = [0x68, UInt8(content.count), UInt8(content.count), 0x68] + content + [content.reduce(0, &+), 0x16]
        return try values(MBusDecoder(), TelegramText.hexadecimal(frame))
    }

    @Test(arguments: [
        ("", "the fixed data structure is cut short"), ("78563412 0A 00 E97E 01000000 350100", "is cut short"),
    ])
    func `a fixed data structure that is cut short is rejected`(body: String, reason: String) throws {
        #expect(try fixed(body)[""]?.contains(reason) == true)
    }

    @Test func `two counters of the fixed data structure are values, the second one at its due date`() throws {
        // The example of EN 1434-3: 1 l now, 135 l at the due date.
        #expect(
            try fixed("78563412 0A 00 E97E 01000000 35010000") == [
                "id": "12345678", "medium": "water", "status": "0", "volume": "0.001 m3", "volume@1": "0.135 m3",
            ])
        let heat = try fixed("01000000 01 01 0514 64000000 FEFFFFFF")
        #expect(heat["energy"] == "100000 Wh" && heat["power"] == "-2 W" && heat["medium"] == "other")
        let stored = try fixed("01000000 01 02 8585 01000000 0A000000")
        #expect(stored["energy@1"] == "1000 Wh" && stored["energy_2@1"] == "nil" && stored["medium"] == "gas")
    }

    /// An SML file of a meter with this identification, whose power is this element.
    private func power(of server: String, _ element: String) throws -> String? {
        let entry = "77 07 0100100700FF 01 01 62 1B 52 FE" + element + "01"
        let file = "76 02 01 62 00 62 00 72 63 0701 77 01 0B" + server + "01 01 71" + entry + "01 01 63 0000 00"
        return try values(SMLDecoder(), file)["1-0:16.7.0*255"]
    }

    @Test func `powers of old DZG meters have no sign unless they have all their bytes`() throws {
        #expect(try power(of: "0A01445A470002632316", "53 8025") == "328.05 W")
        #expect(try power(of: "0A01445A470002632316", "52 FF") == "2.55 W")
        #expect(try power(of: "0A01445A470002632316", "55 FFFE1393") == "-1260.61 W")
        // A newer one, and one of another maker.
        #expect(try power(of: "0A01445A4700039E2053", "53 8025") == "-327.31 W")
        #expect(try power(of: "0A01454D480002632316", "53 8025") == "-327.31 W")
    }
}
