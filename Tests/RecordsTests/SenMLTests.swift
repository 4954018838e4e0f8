import Foundation
import Records
import Testing

@Suite struct SenMLPackTests {
    private let gateway = GatewayID("plant7-gw2")!

    private func text(_ readings: [Reading], at milliseconds: Int64? = nil, device: String = "air") throws -> String {
        let pack = SenMLPack(
            baseName: SenMLPack.baseName(gateway: gateway, device: device), baseMilliseconds: milliseconds,
            readings: readings)
        var writer = JSONWriter()
        try #require(pack.encode(into: &writer))
        #expect(JSONText.isValid(writer.bytes))
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func `a pack has its base in the first record, and each value in the field of its kind`() throws {
        let result = try text(
            [
                Reading(name: "temperature", value: .number(21.5), unit: "Cel"),
                Reading(name: "state", value: .text("say \"ok\"")), Reading(name: "open", value: .boolean(false)),
            ], at: 1_700_000_000_123)
        #expect(
            result == #"[{"bn":"plant7-gw2/air/","bt":1700000000.123,"n":"temperature","u":"Cel","v":21.5},"#
                + #"{"n":"state","vs":"say \"ok\""},{"n":"open","vb":false}]"#)
    }

    @Test func `what is read back is what was written`() throws {
        struct Record: Decodable {
            var bn: String?, bt: Double?, n: String, v: Double?, t: Double?
        }
        var readings: [Reading] = []
        for index in 0..<200 {
            let value = Double.random(in: -1e6...1e6)
            readings.append(
                Reading(name: "n\(index)", value: .number(value), milliseconds: 1_700_000_000_000 + Int64(index)))
        }
        let records = try JSONDecoder().decode(
            [Record].self, from: Data(try text(readings, at: 1_700_000_000_100).utf8))
        #expect(records.map(\.n) == readings.map(\.name))
        #expect(records.map { .number($0.v ?? .nan) } == readings.map(\.value))
        let base = try #require(records.first?.bt)
        #expect(records.map { Int64(((base + ($0.t ?? 0)) * 1000).rounded()) } == readings.map(\.milliseconds))
    }

    @Test func `a pack with nothing to write is no pack`() {
        let readings = [Reading(name: "a", value: .number(.nan)), Reading(name: "b", value: .number(.infinity))]
        for readings in [[], readings] {
            var writer = JSONWriter()
            let pack = SenMLPack(baseName: "gw/air/", baseMilliseconds: 1_700_000_000_000, readings: readings)
            #expect(!pack.encode(into: &writer))
            #expect(writer.bytes.isEmpty)
        }
    }

    @Test func `a number that is not finite is left out, and the base stays with the first that is written`() throws {
        let result = try text([Reading(name: "a", value: .number(.nan)), Reading(name: "b", value: .number(2))])
        #expect(result == #"[{"bn":"plant7-gw2/air/","n":"b","v":2}]"#)
    }

    @Test func `a time that SenML would take as relative is left out`() throws {
        let early = [Reading(name: "a", value: .number(1), milliseconds: 5000)]
        #expect(try text(early, at: 86_400_000) == #"[{"bn":"plant7-gw2/air/","n":"a","v":1}]"#)
        #expect(try text(early, at: 1_700_000_000_000) == #"[{"bn":"plant7-gw2/air/","bt":1700000000,"n":"a","v":1}]"#)
        let right = [Reading(name: "a", value: .number(1), milliseconds: 1_700_000_000_500)]
        #expect(try text(right, at: 86_400_000) == #"[{"bn":"plant7-gw2/air/","n":"a","v":1,"t":1700000000.5}]"#)
        _ = try text([Reading(name: "a", value: .number(1), milliseconds: .max)], at: .min)
    }

    @Test func `names keep to the characters of SenML`() throws {
        let result = try text([Reading(name: "Temp (°C)/2", value: .number(1))], device: "hall 3")
        #expect(result == #"[{"bn":"plant7-gw2/hall_3/","n":"Temp___C_/2","v":1}]"#)
        #expect(SenMLPack.baseName(gateway: GatewayID("-gw")!, device: "d") == "x-gw/d/")
        for byte in UInt8(0)...127 {
            let character = Character(Unicode.Scalar(byte))
            let isAllowed = character.isLetter || character.isNumber || "-:./_".contains(character)
            #expect(SenMLPack.senMLName(String(character)) == (isAllowed ? String(character) : "_"))
        }
        #expect(SenMLPack.senMLName("é:e\u{301}") == "_:e_")
    }
}

@Suite struct SenMLUnitTests {
    @Test(arguments: [
        ("hPa", 1013.25, "Pa", 101325.0), ("ug/m3", 12, "kg/m3", 12e-9), ("kWh", 1.5, "J", 5.4e6),
        ("mm", 7, "m", 0.007),
        ("min", 2, "s", 120), ("km/h", 36, "m/s", 10), ("ppm", 415, "/", 415e-6), ("dBm", 20, "dBW", -10),
        ("mA", 4, "A", 0.004),
        ("Wh/km", 150, "J/m", 540), ("mm/h", 3.6, "m/s", 1e-6), ("/100", 55, "/", 0.55), ("Cel", 21.5, "Cel", 21.5),
        ("%RH", 45, "%RH", 45), ("MB/s", 1, "bit/s", 8e6), ("ppb", 3, "/", 3e-9), ("cm", 4, "m", 0.04),
    ])
    func `a secondary unit becomes its primary one`(symbol: String, value: Double, primary: String, expected: Double)
        throws
    {
        let unit = try #require(SenMLUnit(symbol))
        #expect(unit.primary == primary)
        #expect(abs(unit.primaryValue(of: value) - expected) <= expected.ulp)
    }

    @Test(arguments: ["°C", "C°", "hpa", "celsius", "", "kwh", "um", "m3/h"])
    func `a symbol of neither registry is unknown`(symbol: String) {
        #expect(!SenMLUnit.isKnown(symbol))
    }

    @Test func `every secondary unit leads to a primary one in one step`() throws {
        for symbol in SenMLUnit.knownSymbols {
            let unit = try #require(SenMLUnit(symbol))
            #expect(SenMLUnit(unit.primary)?.primary == unit.primary)
        }
        #expect(SenMLUnit.knownSymbols.count == Set(SenMLUnit.knownSymbols).count)
    }
}
