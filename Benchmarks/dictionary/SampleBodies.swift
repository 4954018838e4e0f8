import Glibc
import Records
import Uplinks

/// Writes bodies of few records in every format, of payloads as sensors and their gateways send them: what the built-in
/// dictionary is trained on. The readings of `load/publish.c` are not among them, so that what is measured with those
/// is not what was learnt.
///
///     millrace-bench bodies --directory DIR --count N
enum SampleBodies {
    static func main(_ words: [String]) throws {
        let options = BenchmarkProgram.options(words, defaults: ["--directory": "", "--count": "1200"], usage: usage)
        guard let count = Int(options["--count"] ?? ""), count > 0, let directory = options["--directory"],
            !directory.isEmpty
        else { BenchmarkProgram.end(usage: usage) }
        var random = Generator(state: 1)
        let formats = BatchFormat.allCases
        for number in 0..<count {
            let format = formats[number % formats.count]
            var fleet = SampleFleet(random: random)
            let batch = fleet.batch(records: [1, 1, 2, 3, 5, 10][number / formats.count % 6])
            random = fleet.random
            var encoder = format.makeEncoder()
            encoder.encode(batch.records[...], of: batch)
            write(encoder.bytes, to: "\(directory)/\(number).\(format.rawValue)")
        }
    }

    private static let usage = "bodies --directory DIR [--count N]"

    private static func write(_ bytes: [UInt8], to path: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0, Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            BenchmarkProgram.end(usage: "\(usage): cannot write \(path)")
        }
        close(descriptor)
    }
}

/// SplitMix64: the same bodies at each run.
struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
