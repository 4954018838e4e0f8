import DeviceProfiles
import SerialIO
import StrictTOML

/// Cuts what a sensor sends into frames and reads their fields by a profile, and prints one line of JSON with what it
/// took. Readings stay in the decoder's buffer, as they do until a record is made of them.
///
///     millrace-bench decoding --kind KIND --frames N
enum DecodingBenchmark {
    static func main(_ arguments: [String]) throws {
        let options = BenchmarkProgram.options(
            arguments, defaults: ["--kind": "line", "--frames": "5000000"], usage: usage)
        guard let subject = Subject.all[options["--kind"] ?? ""], let frames = Int(options["--frames"] ?? ""),
            frames > 0
        else { BenchmarkProgram.end(usage: usage) }
        try measure(subject, frames: frames)
    }

    private static var usage: String {
        "decoding [--kind \(Subject.all.keys.sorted().joined(separator: "|"))] [--frames N]"
    }

    private static func measure(_ subject: Subject, frames: Int) throws {
        let profile = try Profile.read(subject.profile, file: "benchmark", name: "benchmark")
        let decoder = ProfileDecoder(profile)
        var cutter = FrameCutter(profile.framing)
        var readings = Readings()
        let begin = BenchmarkProgram.cpuSeconds()
        var (found, bytes, values) = (0, 0, 0)
        while found < frames {
            if let request = subject.request { cutter.expectReply(to: request) }
            cutter.append(subject.piece)
            bytes += subject.piece.count
            let before = found
            loop: while true {
                switch cutter.next() {
                case .needMoreBytes: break loop
                case .frame(let content):
                    decoder.decode(content.span, request: subject.request, into: &readings)
                    found += 1
                    values += readings.valueCount
                case .skipped(let count, let reason):
                    preconditionFailure("\(count) bytes were skipped: \(reason)")
                }
            }
            precondition(found - before == subject.framesInPiece, "frames were lost")
        }
        let seconds = BenchmarkProgram.cpuSeconds() - begin
        precondition(values == found * subject.valuesInFrame, "values were lost")
        let figures: [(String, Double)] = [
            ("megabytes_per_second", Double(bytes) / 1e6 / seconds), ("frames_per_second", Double(found) / seconds),
            ("values_per_second", Double(values) / seconds), ("nanoseconds_per_frame", seconds * 1e9 / Double(found)),
        ]
        BenchmarkProgram.report(figures)
    }

    /// What comes on the line, and how it is read.
    private struct Subject {
        let profile: String
        var request: [UInt8]?
        let piece: [UInt8]
        let framesInPiece: Int
        let valuesInFrame: Int

        /// A sensor that sends without being asked: as many frames as one read of 4096 bytes takes.
        init(_ fields: String, pushing frame: [UInt8], values: Int) {
            profile = "format = 1\ntitle = \"T\"\nsource = \"S\"\n" + fields
            framesInPiece = 4096 / frame.count
            piece = (0..<framesInPiece).flatMap { _ in frame }
            valuesInFrame = values
        }

        /// A device that answers, one reply at a time.
        init(_ fields: String, request: [UInt8], reply: [UInt8], values: Int) {
            self.init(fields, pushing: reply, values: values, frames: 1)
            self.request = request
        }

        private init(_ fields: String, pushing frame: [UInt8], values: Int, frames: Int) {
            profile = "format = 1\ntitle = \"T\"\nsource = \"S\"\n" + fields
            framesInPiece = frames
            piece = frame
            valuesInFrame = values
        }

        static let all = [
            "line": Subject(
                """
                framing = { kind = "line" }
                text = { format = "csv" }
                fields = [
                  { name = "temperature", column = 0, unit = "Cel" }, { name = "humidity", column = 1, unit = "%RH" },
                  { name = "dew_point", column = 2, unit = "Cel" }, { name = "pressure", column = 3, unit = "hPa" },
                ]
                """, pushing: Array("21.50,45.20,9.1,1013.25\r\n".utf8), values: 4),
            // Plantower PMS5003: 14 fields in 32 bytes.
            "fixed": Subject(
                """
                framing = { kind = "fixed", start = "42 4D 00 1C", size = 32 }
                checksum = { kind = "sum16" }
                fields = [
                """
                    + (0..<14).map { "{ name = \"v\($0)\", at = \(4 + $0 * 2), type = \"u16be\", scale = 0.1 }" }
                    .joined(separator: ",") + "]",
                pushing: [
                    0x42, 0x4D, 0x00, 0x1C, 0x00, 0x00, 0x00, 0x08, 0x00, 0x08, 0x00, 0x00, 0x00, 0x08, 0x00, 0x08,
                    0x00, 0xD2, 0x00, 0x46, 0x00, 0x2D, 0x00, 0x1E, 0x00, 0x00, 0x00, 0x00, 0x97, 0x00, 0x02, 0xC5,
                ], values: 14),
            // PZEM-004T.
            "modbus": Subject(
                """
                framing = { kind = "modbus-rtu" }
                fields = [
                  { name = "voltage", input = 0, type = "u16", scale = 0.1, unit = "V" },
                  { name = "current", input = 1, type = "u32", order = "CDAB", scale = 0.001, unit = "A" },
                  { name = "power", input = 3, type = "u32", order = "CDAB", scale = 0.1, unit = "W" },
                  { name = "energy", input = 5, type = "u32", order = "CDAB", unit = "Wh" },
                  { name = "frequency", input = 7, type = "u16", scale = 0.1, unit = "Hz" },
                  { name = "power_factor", input = 8, type = "u16", scale = 0.01, unit = "/" },
                ]
                """, request: [0x01, 0x04, 0x00, 0x00, 0x00, 0x0A, 0x70, 0x0D],
                reply: [
                    0x01, 0x04, 0x14, 0x08, 0xD1, 0x00, 0x6C, 0x00, 0x00, 0x00, 0xF4, 0x00, 0x00, 0x00, 0x26, 0x00,
                    0x00, 0x01, 0xF4, 0x00, 0x64, 0x00, 0x00, 0x51, 0x34,
                ], values: 6),
        ]
    }
}
