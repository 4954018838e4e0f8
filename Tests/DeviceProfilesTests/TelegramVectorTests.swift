import AgentTestKit
import Records
import SerialIO
import Testing

@testable import DeviceProfiles

/// Telegrams of real devices, from the line to values.
@Suite(.enabled(if: GoldenVectors.areThere, "\(GoldenVectors.absence)"))
struct TelegramVectorTests {
    static let telegrams: [String: FramingRule.Telegram] = [
        "dsmr": .dsmrP1, "d0_readout": .iec62056, "teleinfo": .teleinfo, "vedirect_text": .vedirectText, "sml": .sml,
        "mbus": .mbus, "hdlc_han": .dlmsHDLC, "sdi12_crc": .sdi12,
    ]
    static let vectors: [GoldenVector] = (GoldenVectors.shared?.vectors ?? []).filter { telegrams[$0.decoder] != nil }

    @Test func `every decoder has a golden frame`() {
        #expect(Set(Self.vectors.map(\.decoder)) == Set(Self.telegrams.keys))
        #expect(Self.telegrams.values.allSatisfy { TelegramDecoders.decoder(for: $0) != nil })
        let others = Set(FramingRule.Telegram.allCases).subtracting(Self.telegrams.values)
        #expect(others.allSatisfy { TelegramDecoders.decoder(for: $0) == nil })
    }

    @Test(arguments: vectors) func `a telegram gives the values that are known of it`(vector: GoldenVector) throws {
        let telegram = try #require(Self.telegrams[vector.decoder])
        let values = try telegramValues(vector.frame, telegram)
        let labels = telegram == .vedirectText ? Self.veDirectLabels : [:]
        for reading in vector.readings {
            let (key, scale) = labels[reading.name] ?? (reading.name, 1)
            // The first of that name: of values that are alike in all but their place the vectors name one.
            let value = try #require(values.first { $0.key == key }, "\(key) is there")
            switch (value.value, reading.value) {
            case (.number(let number)?, .number(let expected)):
                #expect(abs(number * scale - expected) <= reading.tolerance, "\(key)")
            case (.text(let text)?, .string(let expected)): #expect(text == expected, "\(key)")
            case (nil, .string("")), (nil, .null): break
            default: Issue.record("\(key) is \(String(describing: value.value)), not \(reading.value)")
            }
            if labels[reading.name] == nil, value.value != nil { #expect(value.unit == reading.unit, "\(key)") }
        }
        #expect(Set(values.map(\.key)).count == values.count, "no two values have one key")
        #expect(values.allSatisfy { $0.unit.map(SenMLUnit.isKnown) ?? true })
    }

    /// What a profile calls the labels of VE.Direct, and their scale.
    private static let veDirectLabels: [String: (String, Double)] = [
        "battery_voltage": ("V", 0.001), "battery_current": ("I", 0.001), "power": ("P", 1), "soc": ("SOC", 0.1),
        "consumed": ("CE", 0.001), "time_to_go": ("TTG", 1), "alarm": ("Alarm", 1), "relay": ("Relay", 1),
        "product_id": ("PID", 1), "deepest_discharge": ("H1", 0.001), "min_battery_voltage": ("H7", 0.001),
        "max_battery_voltage": ("H8", 0.001), "discharged_energy": ("H17", 10), "charged_energy": ("H18", 10),
        "pv_voltage": ("VPV", 0.001), "pv_power": ("PPV", 1), "charge_state": ("CS", 1), "error": ("ERR", 1),
        "yield_total": ("H19", 10), "load": ("LOAD", 1), "serial": ("SER#", 1),
    ]

    @Test(arguments: vectors) func `a telegram cut short or damaged anywhere does not trap`(vector: GoldenVector) throws
    {
        let telegram = try #require(Self.telegrams[vector.decoder])
        let decoder = try #require(TelegramDecoders.decoder(for: telegram))
        let content = try telegramContent(vector.frame, telegram)
        for count in 0..<content.count {
            checkBounded(decoder.decode(content.prefix(count)), count)
            checkBounded(decoder.decode(content.suffix(count)), count)
        }
        var random = SeededGenerator(seed: 0x5EED)
        for _ in 0..<500 {
            var damaged = content
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                damaged[Int.random(in: damaged.indices, using: &random)] = .random(in: 0...255, using: &random)
            }
            checkBounded(decoder.decode(damaged[...]), content.count)
        }
    }
}

@Suite struct TelegramNoiseTests {
    @Test(arguments: FramingRule.Telegram.allCases)
    func `random bytes do not trap, and give no more values than bytes`(telegram: FramingRule.Telegram) {
        guard let decoder = TelegramDecoders.decoder(for: telegram) else { return }
        var random = SeededGenerator(seed: 0x5EED)
        // What the decoders look for first, so that they get beyond it.
        let beginnings: [[UInt8]] = [
            [], [0x76, 2, 1, 1, 1, 0x72, 0x63, 7, 1], [0x0F, 0, 0, 0, 0, 0], [0x68, 40, 40, 0x68, 8, 1, 0x78],
            Array("/X\r\n1.8.0(".utf8), Array("\nPAPP ".utf8), Array("\r\nV\t".utf8), Array("0+".utf8),
        ]
        for index in 0..<8000 {
            let beginning = beginnings[index % beginnings.count]
            let noise = (0..<Int.random(in: 0...80, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            var content = beginning + noise
            if content.first == 0x68, content.count > 6, content.count < 250 {
                content[1] = UInt8(content.count - 6)
                content[2] = content[1]
            }
            checkBounded(decoder.decode(content[...]), content.count)
        }
    }

    @Test(
        arguments: [[0x71], [0x7F], [0xF0, 0x01], [0x01, 0x01], [0x02, 0x01], [0x02, 0x82, 0xFF, 0xFF]] as [[UInt8]])
    func `nesting without end is refused`(level: [UInt8]) {
        let levels = (0..<20_000).flatMap { _ in level }
        #expect(isRejected(SMLDecoder().decode(levels[...])))
        #expect(isRejected(DLMSDecoder().decode(([0x0F, 0, 0, 0, 0, 0] + levels)[...])))
    }

    private func isRejected(_ result: TelegramResult) -> Bool {
        if case .rejected(let reason) = result { !reason.isEmpty } else { false }
    }
}

/// The content of the one frame that is on the line.
func telegramContent(_ line: [UInt8], _ telegram: FramingRule.Telegram) throws -> ArraySlice<UInt8> {
    var framer = FrameCutter(FramingRule(.telegram(telegram)))
    framer.append(line)
    while true {
        switch framer.next() {
        case .frame(let content): return content
        case .skipped: continue
        case .needMoreBytes: return try #require(nil, "no frame of \(telegram.rawValue) came out")
        }
    }
}

func telegramValues(_ line: [UInt8], _ telegram: FramingRule.Telegram) throws -> [TelegramValue] {
    let decoder = try #require(TelegramDecoders.decoder(for: telegram))
    let result = decoder.decode(try telegramContent(line, telegram))
    guard case .values(let values) = result else {
        Issue.record("\(telegram.rawValue): \(result)")
        return []
    }
    return values
}

/// A telegram of so many bytes has no more values than that, beside those of a header.
private func checkBounded(_ result: TelegramResult, _ count: Int) {
    if case .values(let values) = result {
        #expect(values.count <= count + 6)
        for case .number(let number)? in values.map(\.value) { #expect(number.isFinite) }
    }
}
