/// What can be fuzzed.
enum FuzzTarget: String, CaseIterable {
    case framing
    case decoding

    /// What an input is about, for people who replay it.
    func description(of input: [UInt8]) -> String {
        switch self {
        case .framing: FramingFuzz.description(of: input)
        case .decoding: DecodingFuzz.description(of: input)
        }
    }

    /// Runs one input through the target; traps where a promise does not hold.
    func run(_ input: [UInt8]) {
        switch self {
        case .framing: FramingFuzz.run(input)
        case .decoding: DecodingFuzz.run(input)
        }
    }
}
