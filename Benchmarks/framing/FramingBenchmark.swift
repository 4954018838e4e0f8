import SerialIO

/// Cuts what a sensor sends into frames, and prints one line of JSON with what it took.
///
///     millrace-bench framing --kind KIND --frames N
enum FramingBenchmark {
    static func main(_ arguments: [String]) {
        let options = BenchmarkProgram.options(
            arguments, defaults: ["--kind": "line", "--frames": "10000000"], usage: usage)
        guard let subject = Subject.all[options["--kind"] ?? ""], let frames = Int(options["--frames"] ?? ""),
            frames > 0
        else { BenchmarkProgram.end(usage: usage) }
        measure(subject, frames: frames)
    }

    private static var usage: String {
        "framing [--kind \(Subject.all.keys.sorted().joined(separator: "|"))] [--frames N]"
    }

    /// What comes on the line, and what asks for it.
    fileprivate struct Subject {
        let rule: FramingRule
        var request: [UInt8]?
        /// The frames of one read. A reply is asked for one at a time.
        let piece: [UInt8]
        let framesInPiece: Int

        static let all = [
            "line": Subject(
                rule: FramingRule(.line(start: [], end: .lf)),
                pushing: Array("temperature=21.5,humidity=40.2\r\n".utf8)),
            "fixed": Subject(
                rule: FramingRule(
                    .fixed(start: BytePattern([0xAA, 0xC0]), size: 10, trailer: BytePattern([0xAB])),
                    checksum: ChecksumRule(.sum8, from: 2, to: -2, at: -2)),
                pushing: [0xAA, 0xC0, 0x06, 0x00, 0x06, 0x00, 0x58, 0xD9, 0x3D, 0xAB]),
            "length": Subject(
                rule: FramingRule(
                    .length(
                        start: BytePattern([0x42, 0x4D]),
                        length: LengthField(at: 2, width: 2, isLittleEndian: false, add: 4, allowed: .sizes([24, 32])),
                        trailer: BytePattern()),
                    checksum: ChecksumRule(.sum16)),
                pushing: [
                    0x42, 0x4D, 0x00, 0x1C, 0x00, 0x00, 0x00, 0x08, 0x00, 0x08, 0x00, 0x00, 0x00, 0x08, 0x00, 0x08,
                    0x00, 0xD2, 0x00, 0x46, 0x00, 0x2D, 0x00, 0x1E, 0x00, 0x00, 0x00, 0x00, 0x97, 0x00, 0x02, 0xC5,
                ]),
            "modbus": Subject(
                rule: FramingRule(.modbusRTU), request: [0x01, 0x04, 0x00, 0x00, 0x00, 0x0A, 0x70, 0x0D],
                piece: [
                    0x01, 0x04, 0x14, 0x08, 0xD1, 0x00, 0x6C, 0x00, 0x00, 0x00, 0xF4, 0x00, 0x00, 0x00, 0x26, 0x00,
                    0x00, 0x01, 0xF4, 0x00, 0x64, 0x00, 0x00, 0x51, 0x34,
                ], framesInPiece: 1),
        ]
    }

    private static func measure(_ subject: Subject, frames: Int) {
        var framer: any Framer = FrameCutter(subject.rule)
        let begin = BenchmarkProgram.cpuSeconds()
        var (found, bytes, content) = (0, 0, 0)
        while found < frames {
            if let request = subject.request { framer.expectReply(to: request) }
            framer.append(subject.piece)
            bytes += subject.piece.count
            let before = found
            loop: while true {
                switch framer.next() {
                case .needMoreBytes: break loop
                case .frame(let frame):
                    found += 1
                    content += frame.count
                case .skipped(let count, let reason):
                    preconditionFailure("\(count) bytes were skipped: \(reason)")
                }
            }
            precondition(found - before == subject.framesInPiece, "frames were lost")
        }
        let seconds = BenchmarkProgram.cpuSeconds() - begin
        let figures: [(String, Double)] = [
            ("megabytes_per_second", Double(bytes) / 1e6 / seconds), ("frames_per_second", Double(found) / seconds),
            ("nanoseconds_per_frame", seconds * 1e9 / Double(found)),
            ("content_bytes_per_frame", Double(content) / Double(found)),
        ]
        BenchmarkProgram.report(figures)
    }
}

extension FramingBenchmark.Subject {
    /// A sensor that sends without being asked: as many frames as one read of 4096 bytes takes.
    fileprivate init(rule: FramingRule, pushing frame: [UInt8]) {
        self.rule = rule
        framesInPiece = 4096 / frame.count
        piece = (0..<framesInPiece).flatMap { _ in frame }
    }
}
