import Glibc

/// `millrace-bench`: what can be measured without a broker and without a line.
@main
enum BenchmarkProgram {
    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst(2))
        switch CommandLine.arguments.dropFirst().first {
        case "append": try AppendBenchmark.main(arguments)
        case "framing": FramingBenchmark.main(arguments)
        case "decoding": try DecodingBenchmark.main(arguments)
        default:
            write("usage: millrace-bench append|decoding|framing [--option VALUE ...]\n", to: 2)
            exit(64)
        }
    }

    static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        _ = Glibc.write(descriptor, bytes, bytes.count)
    }
}
