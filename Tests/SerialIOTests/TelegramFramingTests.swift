import AgentTestKit
import Records
import SerialIO
import Testing

/// Frames of meters and instruments as they came on the line, whole and damaged.
@Suite(.enabled(if: GoldenVectors.areThere, "\(GoldenVectors.absence)"))
struct TelegramFramingTests {
    static let golden: [TelegramFrame] = TelegramFrame.all
    static let streams: [GoldenStream] = (GoldenVectors.shared?.streams ?? []).filter {
        TelegramFrame.framers[$0.framer] != nil
    }

    @Test func `every telegram has a golden frame`() {
        #expect(Set(Self.golden.map(\.telegram)).count == TelegramFrame.telegrams.count)
        #expect(Set(Self.streams.map(\.framer)).count == TelegramFrame.framers.count)
    }

    @Test(arguments: golden) func `a frame gives its content in pieces of any size`(frame: TelegramFrame) {
        for size in pieceSizes {
            let told = cut(frame.line + frame.line, by: frame.rule, pieceSize: size)
            #expect(told == [.frame(frame.content), .frame(frame.content)], "in pieces of \(size)")
        }
    }

    @Test(arguments: streams) func `a stream gives its frames and no others`(stream: GoldenStream) throws {
        let telegram = try #require(TelegramFrame.framers[stream.framer])
        let expected = try stream.frames.map { id in try #require(Self.golden.first { $0.id == id }).content }
        var framer = FrameCutter(FramingRule(.telegram(telegram)))
        var told: [Told] = []
        for (index, chunk) in stream.chunks.enumerated() {
            told += framer.take(chunk)
            if let counts = stream.framesAfterEachChunk { #expect(frames(told).count == counts[index]) }
        }
        #expect(frames(told) == expected)
        if let least = stream.errorsMin { #expect(told.count(where: \.isError) >= least) }
        for size in pieceSizes {
            let told = cut(stream.chunks.flatMap { $0 }, by: FramingRule(.telegram(telegram)), pieceSize: size)
            #expect(frames(told) == expected, "in pieces of \(size)")
            if let least = stream.errorsMin { #expect(told.count(where: \.isError) >= least) }
        }
    }

    @Test(arguments: golden) func `a frame that breaks off anywhere does not hurt the next`(frame: TelegramFrame) {
        // A line of SDI-12 has no mark of its beginning: the one that breaks off and the next are one bad line.
        let end: [UInt8] = frame.telegram == .sdi12 ? [0x0A] : []
        for count in 0..<frame.line.count {
            let part = Array(frame.line.prefix(count))
            let alone = frames(cut(part, by: frame.rule))
            #expect(alone.allSatisfy { $0 == frame.content }, "\(count) bytes alone")
            let both = part + end + frame.line
            // A sum of eight bits is right by chance once in a while.
            if frame.telegram == .vedirectText, isWholeByChance(both), count > 0 { continue }
            let contents = frames(cut(both, by: frame.rule))
            #expect(contents.last == frame.content && contents.allSatisfy { $0 == frame.content }, "\(count) bytes")
        }
    }

    private func isWholeByChance(_ block: [UInt8]) -> Bool {
        let mark = Array("Checksum\t".utf8)
        let end = block.indices.first { block[$0...].starts(with: mark) }.map { $0 + mark.count } ?? 0
        return block[...end].reduce(0, &+) == 0
    }

    @Test(arguments: golden) func `a flipped bit gives the same content or none`(frame: TelegramFrame) {
        for index in frame.line.indices where frame.isCovered(index) {
            for bit in 0..<8 where bit != frame.uncoveredBit {
                var damaged = frame.line
                damaged[index] ^= 1 << UInt8(bit)
                let contents = frames(cut(damaged, by: frame.rule))
                #expect(contents.allSatisfy { frame.allows($0) }, "bit \(bit) of byte \(index)")
            }
        }
    }

    @Test(arguments: golden) func `every frame is found among random bytes`(frame: TelegramFrame) {
        var random = SeededGenerator(seed: 0xFEED)
        var framer = FrameCutter(frame.rule)
        var (sent, found) = (0, 0)
        for _ in 0..<200 {
            var noise = (0..<Int.random(in: 0...300, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            if frame.telegram == .sdi12 { noise.append(0x0A) }
            sent += 1
            var rest = (noise + frame.line)[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...200, using: &random))
                rest = rest.dropFirst(piece.count)
                found += framer.take(piece).count { $0.frame == frame.content }
                #expect(framer.pendingCount <= 8192)
            }
        }
        // What began in the last noise may still wait to prove to be nothing.
        #expect(found >= sent - 2 && found <= sent)
    }

    @Test(arguments: FramingRule.Telegram.allCases)
    func `what begins and never ends is given up at the limit`(telegram: FramingRule.Telegram) {
        for frame in Self.golden where frame.telegram == telegram {
            for count in [1, 2, 8, 12, frame.line.count / 2] {
                for filler: UInt8 in [0x30, 0x00, 0x1B] {
                    var framer = FrameCutter(frame.rule)
                    _ = framer.take(frame.line.prefix(count))
                    for _ in 0..<200 {
                        _ = framer.take([UInt8](repeating: filler, count: 100))
                        #expect(framer.pendingCount <= 20_100)
                    }
                    // A line that is too long is told of when it ends.
                    _ = framer.take([0x0A])
                    #expect(framer.counters.skippedBytes > 0)
                }
            }
        }
    }

    /// The frames; the acknowledge character of M-Bus, which any damage may look like, is none that is looked for.
    private func frames(_ told: [Told]) -> [[UInt8]] { told.compactMap(\.frame).filter { $0 != [0xE5] } }
}

extension TelegramFrame {
    /// Whether a checksum covers the byte.
    fileprivate func isCovered(_ index: Int) -> Bool {
        switch telegram {
        case .iec62056: line[0] == 0x02
        // DSMR 2 has no CRC.
        case .dsmrP1: line.dropLast(2).last != 0x21
        default: true
        }
    }

    /// The sum of Teleinfo leaves it out: parity guards it.
    fileprivate var uncoveredBit: Int? { telegram == .teleinfo ? 6 : nil }

    /// Whether a content may come out of the damaged frame: of Teleinfo also one without the damaged group.
    fileprivate func allows(_ other: [UInt8]) -> Bool {
        guard telegram == .teleinfo else { return other == content }
        let groups = content.split(separator: 0x0A)
        return other.dropLast().split(separator: 0x0A).dropFirst().allSatisfy {
            groups.contains($0) || $0 + [3] == groups.last
        }
    }
}
