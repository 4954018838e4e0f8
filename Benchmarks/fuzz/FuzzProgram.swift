import Glibc

// `make fuzz` builds this with libFuzzer, which brings its own `main` and calls the function below with inputs that it
// invents. In an ordinary build the same inputs are replayed from files: `millrace-fuzz framing|decoding FILE...`.

/// What is fuzzed, chosen once by the environment or the command line.
enum FuzzProgram {
    /// `MILLRACE_FUZZ`: `framing` or `decoding`.
    static let target: FuzzTarget = {
        let name = getenv("MILLRACE_FUZZ").map { String(cString: $0) } ?? ""
        guard let target = FuzzTarget(rawValue: name) else {
            end("MILLRACE_FUZZ must be one of \(FuzzTarget.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return target
    }()

    static func end(_ message: String) -> Never {
        let bytes = Array("millrace-fuzz: \(message)\n".utf8)
        _ = write(2, bytes, bytes.count)
        exit(64)
    }
}

/// A promise that must hold: where it does not, its words go to standard error and the process ends with a signal that
/// libFuzzer keeps the input for. `precondition` has no words in a release build.
@inline(__always)
func promise(_ holds: Bool, _ words: StaticString) {
    if holds { return }
    let text = "broken: \(words)\n"
    _ = write(2, Array(text.utf8), text.utf8.count)
    abort()
}

#if FUZZING
    /// Called by libFuzzer with one input; a trap is a finding.
    @_cdecl("LLVMFuzzerTestOneInput")
    public func fuzzOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
        FuzzProgram.target.run(Array(UnsafeBufferPointer(start: start, count: count)))
        return 0
    }

    /// Called by libFuzzer before the first input: with `MILLRACE_FUZZ_SEEDS=FOLDER` the samples of all profiles are
    /// written there, in the form of this target's inputs.
    @_cdecl("LLVMFuzzerInitialize")
    public func fuzzInitialise(_ count: UnsafeMutableRawPointer, _ arguments: UnsafeMutableRawPointer) -> Int32 {
        if let folder = getenv("MILLRACE_FUZZ_SEEDS") { Seeds.write(FuzzProgram.target, to: String(cString: folder)) }
        return 0
    }
#else
    @main
    extension FuzzProgram {
        static func main() {
            let arguments = CommandLine.arguments.dropFirst()
            guard let target = arguments.first.flatMap(FuzzTarget.init), arguments.count > 1 else {
                end("usage: millrace-fuzz framing|decoding FILE...")
            }
            for path in arguments.dropFirst() {
                guard let input = Files.read(path) else { end("cannot read \(path)") }
                print("\(path): \(target.description(of: input))")
                fflush(nil)
                target.run(input)
                print("\(path): nothing found")
            }
        }
    }
#endif
