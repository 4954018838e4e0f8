import DeviceProfiles
import StrictTOML

/// Profiles of invented sensors, as files and as values.
enum DetectionProfiles {
    /// Frames of six bytes with a sum; says how warm it is.
    static func warmth(_ model: String, lookalikes: String = "") -> String {
        """
        format = 1
        title = "Warmth \(model)"
        models = ["\(model)"]
        source = "invented"
        lookalikes = [\(lookalikes)]
        [link]
        baud = 9600
        [framing]
        kind = "fixed"
        start = "A5 5A"
        size = 6
        [checksum]
        kind = "sum16"
        [[message]]
        fields = [{ name = "temperature", at = 2, type = "s16be", scale = 0.1, unit = "Cel", range = [-40, 85] }]
        [[sample]]
        frame = "A5 5A 00 D7 01 D6"
        expect = { temperature = 21.5 }
        [[sample]]
        frame = "A5 5A 00 D7 01 D7"
        rejected = true
        """
    }

    /// A whole frame of ``warmth(_:lookalikes:)`` in tenths of a degree.
    static func warmthFrame(_ tenths: Int) -> [UInt8] {
        let bytes: [UInt8] = [0xA5, 0x5A, UInt8(tenths >> 8), UInt8(tenths & 0xFF)]
        let sum = bytes.reduce(0) { $0 + Int($1) }
        return bytes + [UInt8(sum >> 8), UInt8(sum & 0xFF)]
    }

    /// The same bytes as a format that nobody sells.
    static let pattern = warmth("x").replacing("models = [\"x\"]", with: "models = []")

    /// Lines of two numbers.
    static let lines = """
        format = 1
        title = "Lines"
        models = ["L"]
        source = "invented"
        [link]
        baud = 9600
        [framing]
        kind = "line"
        [checksum]
        kind = "none"
        [text]
        format = "csv"
        [[message]]
        fields = [
          { name = "temperature", column = 0, unit = "Cel", range = [-40, 85] },
          { name = "humidity", column = 1, unit = "%RH", range = [0, 100] },
        ]
        [[sample]]
        text = "21.5,40\\n"
        expect = { temperature = 21.5, humidity = 40 }
        [[sample]]
        text = "900,40\\n"
        missing = ["temperature"]
        """

    /// Two registers of a Modbus slave.
    static func meter(unit: Int, options: String = "") -> String {
        """
        format = 1
        title = "Meter"
        models = ["M"]
        source = "invented"
        [link]
        baud = 9600
        [framing]
        kind = "modbus-rtu"
        [modbus]
        unit = \(unit)
        timeout = "200ms"
        \(options)
        [[message]]
        fields = [
          { name = "voltage", input = 0, type = "u16", scale = 0.1, unit = "V", range = [0, 500] },
          { name = "current", input = 1, type = "u16", scale = 0.01, unit = "A" },
        ]
        [[sample]]
        request = "01 04 00 00 00 02 71 CB"
        frame = "01 04 04 09 01 00 7B 29 9B"
        expect = { voltage = 230.5, current = 1.23 }
        """
    }

    /// One question that may be asked and one that may not.
    static let questions =
        warmth("Q") + """

            [[poll]]
            send = "11 22"
            timeout = "100ms"
            [[poll]]
            send = "33 44"
            timeout = "100ms"
            safe = true
            [[init]]
            send = "55 66"
            [[shutdown]]
            send = "77 88"
            """

    static func profile(_ name: String, _ text: String) throws -> Profile {
        try Profile.read(text, file: "\(name).toml", name: name)
    }
}

/// Bytes that mean nothing, the same ones in each run.
struct Chance {
    private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state >> 32)
        }
    }
}
