/// What can be fuzzed.
enum FuzzTarget: String, CaseIterable {
    case framing
    case decoding

    /// Runs one input through the target; traps where a promise does not hold.
    func run(_ input: [UInt8]) {
        switch self {
        case .framing: FramingFuzz.run(input)
        case .decoding: DecodingFuzz.run(input)
        }
    }
}
