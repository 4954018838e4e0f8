import SerialIO
import Testing

/// What a framer told of, in a form that can be compared and read.
enum Told: Equatable, CustomStringConvertible {
    case frame([UInt8])
    case skipped(Int, FrameProblem)

    static func frame(_ text: String) -> Told { .frame(Array(text.utf8)) }
    static func noise(_ count: Int) -> Told { .skipped(count, .noise) }

    var description: String {
        switch self {
        case .frame(let bytes): "frame " + bytes.map { String($0, radix: 16) }.joined(separator: " ")
        case .skipped(let count, let reason): "\(count) skipped: \(reason)"
        }
    }

    var frame: [UInt8]? { if case .frame(let bytes) = self { bytes } else { nil } }
    var isError: Bool { if case .skipped(_, let reason) = self { reason.isError } else { false } }
}

extension FramingRule {
    static func lines(_ end: LineEnd = .lf, sizeMax: Int) -> FramingRule {
        FramingRule(.line(start: [], end: end), sizeMax: sizeMax)
    }
}

extension FrameCutter {
    /// Takes a piece, and gives all that there is to tell.
    mutating func take(_ piece: some Sequence<UInt8>) -> [Told] {
        append(piece)
        var told: [Told] = []
        while true {
            switch next() {
            case .needMoreBytes: return told
            case .frame(let frame): told.append(.frame(Array(frame)))
            case .skipped(let count, let reason): told.append(.skipped(count, reason))
            }
        }
    }
}

/// Runs of noise are told of piece by piece, as they come: here they are one.
func joined(_ told: [Told]) -> [Told] {
    told.reduce(into: []) { joined, next in
        if case .skipped(let more, .noise) = next, case .skipped(let count, .noise)? = joined.last {
            joined[joined.count - 1] = .noise(count + more)
        } else {
            joined.append(next)
        }
    }
}

/// Cuts bytes in pieces of a size by a rule.
func cut(_ bytes: [UInt8], by rule: FramingRule, request: [UInt8]? = nil, pieceSize: Int = .max) -> [Told] {
    var framer = FrameCutter(rule)
    if let request { framer.expectReply(to: request) }
    var told: [Told] = []
    var start = 0
    while start < bytes.count {
        let end = start + min(pieceSize, bytes.count - start)
        told += framer.take(bytes[start..<end])
        start = end
    }
    return joined(told)
}

let pieceSizes = [Int.max, 64, 16, 7, 3, 2, 1]

/// Fails where a framer tells anything else, in whatever pieces the bytes come.
func expectTold(
    _ expected: [Told], of bytes: [UInt8], by rule: FramingRule, request: [UInt8]? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    for size in pieceSizes {
        let told = cut(bytes, by: rule, request: request, pieceSize: size)
        #expect(told == expected, "in pieces of \(size)", sourceLocation: sourceLocation)
    }
}

/// Fails where a frame comes out of one that has any bit turned round, or where it does not come out whole.
func expectEveryFlippedBitRejected(
    _ frame: [UInt8], by rule: FramingRule, request: [UInt8]? = nil, except: Set<Int> = [],
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let whole = cut(frame, by: rule, request: request).compactMap(\.frame)
    #expect(whole.count == 1, "the frame as it is", sourceLocation: sourceLocation)
    for index in frame.indices where !except.contains(index) {
        for bit in 0..<8 {
            var damaged = frame
            damaged[index] ^= 1 << UInt8(bit)
            let frames = cut(damaged, by: rule, request: request).compactMap(\.frame)
            #expect(frames.isEmpty, "bit \(bit) of byte \(index)", sourceLocation: sourceLocation)
        }
    }
}

/// A generator that gives the same numbers in each run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
