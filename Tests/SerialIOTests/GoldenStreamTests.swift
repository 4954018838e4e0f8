import AgentTestKit
import Records
import SerialIO
import Testing

/// Streams with noise, damage and splits, as sensors and adapters make them.
@Suite(.enabled(if: GoldenVectors.areThere, "\(GoldenVectors.absence)"))
struct GoldenStreamTests {
    static let streams = (GoldenVectors.shared?.streams ?? []).filter { FramingRules.rule(for: $0.framer) != nil }

    @Test func `every framer is tried`() {
        let framers = Set(Self.streams.map(\.framer))
        #expect(framers.isSuperset(of: ["pms", "sds011", "mhz19", "ld2410", "ubx", "nmea", "shdlc", "cobs", "json"]))
        #expect(framers.contains { $0.hasPrefix("modbus:") })
        #expect(Self.streams.count >= 30)
    }

    @Test(arguments: streams)
    func `a stream gives its frames and no others, read as it came`(stream: GoldenStream) throws {
        let (rule, request) = try #require(FramingRules.rule(for: stream.framer))
        var framer = FrameCutter(rule)
        if let request { framer.expectReply(to: request) }
        var told: [Told] = []
        for (index, chunk) in stream.chunks.enumerated() {
            told += framer.take(chunk)
            if let counts = stream.framesAfterEachChunk { #expect(frames(told, stream).count == counts[index]) }
        }
        try check(told, stream)
        if let pending = stream.pendingBytes { #expect(framer.pendingCount == pending) }
    }

    @Test(arguments: streams)
    func `a stream gives the same in pieces of any size`(stream: GoldenStream) throws {
        let (rule, request) = try #require(FramingRules.rule(for: stream.framer))
        for size in pieceSizes {
            try check(cut(stream.chunks.flatMap { $0 }, by: rule, request: request, pieceSize: size), stream)
        }
    }

    private func check(_ told: [Told], _ stream: GoldenStream) throws {
        let golden = try #require(GoldenVectors.shared)
        let expected = try stream.frames.map { id in
            let vector = try #require(golden[id])
            if stream.framer == "cobs" {
                let payload = try #require(vector.readings.first { $0.name == "payload" }?.value.string)
                return try #require([UInt8](hexadecimal: payload))
            }
            return FramingRules.content(of: vector.frame, framer: stream.framer)
        }
        #expect(frames(told, stream) == expected)
        let undecoded = told.compactMap(\.frame).count - expected.count
        let errors = told.count(where: \.isError) + undecoded
        if let least = stream.errorsMin { #expect(errors >= least) }
        if let most = stream.errorsMax { #expect(errors <= most) }
    }

    /// The frames; of lines those that are JSON objects, because a line framer cannot know.
    private func frames(_ told: [Told], _ stream: GoldenStream) -> [[UInt8]] {
        let frames = told.compactMap(\.frame)
        return stream.framer == "json" ? frames.filter { JSONText.isValid($0) } : frames
    }
}
