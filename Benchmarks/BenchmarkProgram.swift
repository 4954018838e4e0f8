import Glibc

/// `millrace-bench`: what can be measured without a broker and without a line.
@main
enum BenchmarkProgram {
    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst(2))
        switch CommandLine.arguments.dropFirst().first {
        case "append": try AppendBenchmark.main(arguments)
        case "bodies": try SampleBodies.main(arguments)
        case "framing": FramingBenchmark.main(arguments)
        case "decoding": try DecodingBenchmark.main(arguments)
        case "status": StatusBenchmark.main(arguments)
        default:
            end(usage: "append|bodies|decoding|framing|status [--option VALUE ...]")
        }
    }

    /// Options by their names, over their defaults. Anything else ends the program with how it is used.
    static func options(_ words: [String], defaults: [String: String], usage: String) -> [String: String] {
        var options = defaults
        var rest = words[...]
        while let name = rest.popFirst() {
            guard options[name] != nil, let value = rest.popFirst() else { end(usage: usage) }
            options[name] = value
        }
        return options
    }

    /// Says how the program is used, and ends it.
    static func end(usage: String) -> Never {
        write("usage: millrace-bench \(usage)\n", to: 2)
        exit(64)
    }

    /// Processor time: what a shared machine takes away is not ours.
    static func cpuSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// One line of JSON.
    static func report(_ figures: [(String, Double)]) {
        write("{" + figures.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}\n", to: 1)
    }

    static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        _ = Glibc.write(descriptor, bytes, bytes.count)
    }
}
