import Records
import SerialIO
import StrictTOML

/// What a sample did not give.
public struct SampleFailure: Hashable, Sendable, CustomStringConvertible {
    /// The sample's number in the file, from 1.
    public let number: Int
    /// What it shows; empty where it does not say.
    public let title: String
    /// The line of the file; nil where it is not from one.
    public let line: Int?
    /// What came out and what should have.
    public let message: String

    /// `sample 2 (warm-up): temperature is 21.4, not 21.5`
    public var description: String {
        "sample \(number)\(title.isEmpty ? "" : " (\(title))"): \(message)"
    }
}

/// Executes the samples of a profile: in one piece, and split so that no frame comes whole.
public enum ProfileSamples {
    /// Sizes of the pieces in which each sample is given.
    static let pieceSizes = [Int.max, 1, 2, 3, 7]

    /// Everything that is not as a sample says; empty where all is well.
    public static func run(_ profile: Profile) -> [SampleFailure] {
        profile.samples.enumerated().flatMap { index, sample -> [SampleFailure] in
            guard let chosen = sample.variant.map(profile.variant) ?? profile else { return [] }
            let decoder = ProfileDecoder(chosen)
            var messages: [String] = []
            for size in pieceSizes {
                let found = problems(sample, decoder, pieces: size)
                if !found.isEmpty {
                    messages = size == .max ? found : found.map { "split into pieces of \(size): \($0)" }
                    break
                }
            }
            return messages.map {
                SampleFailure(number: index + 1, title: sample.title, line: sample.line, message: $0)
            }
        }
    }

    /// The frames in a sample, decoded, and what was skipped.
    static func frames(
        _ bytes: [UInt8], request: [UInt8]?, _ decoder: ProfileDecoder, pieces: Int
    ) -> (frames: [DecodedFrame], contents: [[UInt8]], problems: [FrameProblem]) {
        var cutter = FrameCutter(decoder.profile.framing)
        if let request { cutter.expectReply(to: request) }
        var frames: [DecodedFrame] = []
        var contents: [[UInt8]] = []
        var problems: [FrameProblem] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            cutter.append(rest.prefix(pieces))
            rest = rest.dropFirst(pieces)
            steps: while true {
                switch cutter.next() {
                case .needMoreBytes: break steps
                case .skipped(_, let reason): problems.append(reason)
                case .frame(let content):
                    frames.append(decoder.decode(content, request: request))
                    contents.append(Array(content))
                }
            }
        }
        return (frames, contents, problems)
    }

    private static func problems(_ sample: Sample, _ decoder: ProfileDecoder, pieces: Int) -> [String] {
        let result = frames(sample.bytes, request: sample.request, decoder, pieces: pieces)
        let decoded = result.frames.filter { $0.verdict == .decoded }
        if sample.isRejected {
            let readings = decoded.flatMap(\.readings)
            guard let first = readings.first else { return [] }
            return ["it must be rejected, and gives \(readings.count) readings: \(first.name) = \(first.value.text)"]
        }
        // A frame that says nothing new is none that a message is for.
        let isSilent = sample.expected.isEmpty && result.frames.contains { $0.verdict == .skipped }
        guard !decoded.isEmpty || isSilent else {
            if let content = result.contents.first {
                let shown = shown(content, isText: decoder.profile.text != nil)
                if case .rejected(let reason)? = result.frames.first?.verdict {
                    return ["the frame \(shown) is rejected: \(reason)"]
                }
                return ["no message matches the frame \(shown)"]
            }
            let problem = result.problems.first(where: \.isError) ?? result.problems.last
            let detail = problem == .checksum ? checksumDetail(sample, decoder.profile.framing) : ""
            return ["no frame comes out of it" + (problem.map { ": \($0)\(detail)" } ?? "")]
        }
        var problems = sample.expected.compactMap { problem($0, in: decoded) }
        for name in sample.missing {
            if let value = decoded.flatMap(\.readings).first(where: { $0.name == name })?.value {
                problems.append("\(name) must be missing, and is \(value.text)")
            }
        }
        if let device = sample.device {
            let found = decoded.compactMap(\.device).first
            if found != device { problems.append("the device is \(found ?? "not said"), not \(device)") }
        }
        return problems
    }

    /// What the checksum of a sample that is one whole frame is, and what it would have to be.
    private static func checksumDetail(_ sample: Sample, _ framing: FramingRule) -> String {
        switch framing.kind {
        case .fixed, .length: break
        default: return ""
        }
        guard let rule = framing.checksum, let comparison = Checksum(rule).comparison(in: sample.bytes) else {
            return ""
        }
        let (covered, found, expected) = comparison
        func digits(_ bytes: [UInt8]) -> String { HexadecimalText.write(bytes.span, isBackwards: false) }
        return "; bytes \(covered.lowerBound) to \(covered.upperBound - 1) give \(digits(expected)), and the frame has "
            + digits(found)
    }

    private static func problem(_ expected: Sample.Expectation, in frames: [DecodedFrame]) -> String? {
        let name = expected.name
        // Of several frames in one sample the last that says it counts.
        guard let reading = frames.flatMap(\.readings).last(where: { $0.name == name }) else {
            let reason = frames.flatMap(\.withheld).first { $0.name == name }?.reason
            return "\(name) is not there" + (reason.map { ": \($0.explanation)" } ?? "")
        }
        return isEqual(reading.value, expected.value)
            ? nil : "\(name) is \(reading.value.text), not \(expected.value.text)"
    }

    /// What was cut out, up to a length that a person reads.
    private static func shown(_ content: [UInt8], isText: Bool) -> String {
        if isText { return quoted(String(decoding: content, as: UTF8.self)) }
        let part = content.prefix(32).map(TelegramText.hexadecimal).joined(separator: " ")
        return part + (content.count > 32 ? " ..." : "")
    }

    /// Numbers within a millionth of their size.
    private static func isEqual(_ value: Reading.Value, _ expected: RawValue) -> Bool {
        switch (value, expected) {
        case (.text(let text), .text(let other)): text == other
        case (.boolean(let flag), .boolean(let other)): flag == other
        case (.number(let found), .integer(let other)): isNear(found, Double(other))
        case (.number(let found), .number(let other)): isNear(found, other)
        default: false
        }
    }

    private static func isNear(_ found: Double, _ number: Double) -> Bool {
        (found - number).magnitude <= 1e-6 * max(1, number.magnitude)
    }
}
