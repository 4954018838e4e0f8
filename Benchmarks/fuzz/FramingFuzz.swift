import DeviceProfiles
import SerialIO

/// Bytes into a framer, in pieces. An input is: the number of the rule, options, the sizes of two pieces that
/// alternate, and what comes on the line.
enum FramingFuzz {
    static let headSize = 4
    /// As the reader adds it.
    private static let endSizeMax = 2

    /// A rule, and a request whose answer is expected.
    struct Subject {
        var rule: FramingRule
        var request: [UInt8]?
    }

    /// The rules of all profiles, and kinds that no profile has to have.
    static let subjects: [Subject] = {
        var subjects: [Subject] = []
        for profile in FuzzedProfiles.all where !subjects.contains(where: { $0.rule == profile.framing }) {
            subjects.append(
                Subject(rule: profile.framing, request: profile.samples.first { $0.request != nil }?.request))
        }
        let others: [FramingRule.Kind] =
            FramingRule.Telegram.allCases.map { .telegram($0) }
            + [
                .modbusRTU, .modbusASCII, .cobs, .line(start: [], end: .lf), .line(start: [], end: .cr),
                .line(start: [], end: .crlf), .line(start: [0x24], end: .crlf),
                .block(start: [0x41], end: [0x5A], takesEndLine: true),
            ]
        for kind in others where !subjects.contains(where: { $0.rule.kind == kind }) {
            subjects.append(Subject(rule: FramingRule(kind)))
        }
        return subjects
    }()

    static func run(_ input: [UInt8]) {
        guard input.count > headSize else { return }
        let options = input[1]
        let subject = limited(subjects[Int(input[0]) % subjects.count], options)
        let sizes = [Int(input[2]) + 1, Int(input[3]) + 1]
        let line = input[headSize...]
        let whole = cut(line, subject, options, sizes: [line.count])
        let split = cut(line, subject, options, sizes: sizes)
        promise(whole == split, "other frames come out where the line comes in pieces")
    }

    /// The rule, and the frames that come out in one piece and in several.
    static func description(of input: [UInt8]) -> String {
        guard input.count > headSize else { return "too short" }
        let subject = subjects[Int(input[0]) % subjects.count]
        let options = input[1]
        let line = input[headSize...]
        let wordings = [[line.count], [Int(input[2]) + 1, Int(input[3]) + 1]].map { sizes in
            var cutter = FrameCutter(limited(subject, options).rule)
            if options & 2 != 0 { cutter.beginMidstream() }
            if options & 4 != 0, let request = subject.request { cutter.expectReply(to: request) }
            var steps: [String] = []
            var (rest, turn) = (line, 0)
            while !rest.isEmpty {
                let piece = rest.prefix(sizes[turn % sizes.count])
                turn += 1
                rest = rest.dropFirst(piece.count)
                cutter.append(piece)
                steps: while true {
                    switch cutter.next() {
                    case .needMoreBytes: break steps
                    case .skipped(let count, let reason): steps.append("\(count) skipped: \(reason)")
                    case .frame(let frame): steps.append("frame of \(frame.count): \(Array(frame))")
                    }
                }
            }
            return "  in pieces of \(sizes): \(steps.joined(separator: "; "))"
        }
        return "\(limited(subject, options).rule)\n\(wordings.joined(separator: "\n"))"
    }

    /// With short frames where the options say so, so that the limit is met.
    private static func limited(_ subject: Subject, _ options: UInt8) -> Subject {
        var subject = subject
        if options & 1 != 0 { subject.rule.sizeMax = 64 }
        return subject
    }

    private static func cut(_ line: ArraySlice<UInt8>, _ subject: Subject, _ options: UInt8, sizes: [Int]) -> [[UInt8]]
    {
        var cutter = FrameCutter(subject.rule)
        if options & 2 != 0 { cutter.beginMidstream() }
        if options & 4 != 0, let request = subject.request { cutter.expectReply(to: request) }
        var frames: [[UInt8]] = []
        var (taken, skipped, framed, turn) = (0, 0, 0, 0)
        var rest = line
        while !rest.isEmpty {
            let piece = rest.prefix(sizes[turn % sizes.count])
            turn += 1
            rest = rest.dropFirst(piece.count)
            taken += piece.count
            cutter.append(piece)
            steps: while true {
                switch cutter.next() {
                case .needMoreBytes: break steps
                case .skipped(let count, _):
                    promise(count > 0, "nothing is no skipped run")
                    skipped += count
                case .frame(let frame):
                    promise(!frame.isEmpty, "an empty frame")
                    frames.append(Array(frame))
                    framed += frame.count
                }
            }
            check(cutter, subject.rule, taken: taken, skipped: skipped, framed: framed)
        }
        promise(cutter.counters.frames == frames.count, "frames are counted wrongly")
        promise(cutter.counters.skippedBytes == skipped, "skipped bytes are counted wrongly")
        let pending = cutter.pendingCount
        promise(cutter.reset() == pending && cutter.pendingCount == 0, "something is left after a reset")
        return frames
    }

    private static func check(_ cutter: FrameCutter, _ rule: FramingRule, taken: Int, skipped: Int, framed: Int) {
        let pending = cutter.pendingCount
        promise(skipped + pending <= taken, "more bytes are told of than came")
        switch rule.kind {
        // The content is the frame as it came.
        case .fixed(_, let size, _):
            promise(framed + skipped + pending == taken, "bytes are not accounted for")
            promise(pending <= max(rule.sizeMax, size), "a partial frame is too long")
        case .length, .telegram(.ubx), .telegram(.mbus), .telegram(.esp3):
            promise(framed + skipped + pending == taken, "bytes are not accounted for")
            promise(pending <= rule.sizeMax + endSizeMax, "a partial frame is too long")
        case .modbusRTU:
            promise(framed + skipped + pending + 2 * Int(cutter.counters.frames) == taken, "bytes are lost")
        default: break
        }
    }
}
