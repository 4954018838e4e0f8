import AgentTestKit
import DeviceProfiles
import Records
import SerialIO
import Testing

/// Frames that real sensors sent, from the line to the readings, each through a profile of `devices`.
@Suite(.enabled(if: GoldenVectors.areThere, "\(GoldenVectors.absence)"))
struct GoldenVectorTests {
    static let vectors = (GoldenVectors.shared?.vectors ?? []).filter {
        goldenProfiles[$0.id] != nil && $0.id != "modbus-exc"
    }
    static let streams = GoldenVectors.shared?.streams ?? []

    @Test func `every vector is read by a profile, or named with the reason why none can`() throws {
        let golden = try #require(GoldenVectors.shared)
        let ids = golden.vectors.map(\.id)
        #expect(Set(goldenProfiles.keys).union(unreadGoldenVectors.keys) == Set(ids))
        #expect(unreadGoldenVectors.count <= 5)
        #expect(unreadGoldenVectors.keys.allSatisfy { goldenProfiles[$0] == nil })
        #expect(ids.count >= 130 && Self.streams.count >= 48)
    }

    @Test(arguments: vectors)
    func `a frame gives the readings that its sensor's makers say`(vector: GoldenVector) throws {
        let line = try GoldenLine(goldenProfiles[vector.id], vector.id)
        let told = line.read(vector.frame, request: line.request(for: vector), inPiecesOf: vector.frame.count)
        let frame = try #require(told.decoded.first, "\(told)")
        #expect(told.decoded.count == 1)
        #expect(difference(frame, vector) == [])
    }

    @Test func `an exception of a Modbus device is no reading, and is told of with its code`() throws {
        let vector = try #require(GoldenVectors.shared?["modbus-exc"])
        let line = try GoldenLine(goldenProfiles[vector.id], vector.id)
        let told = line.read(vector.frame, request: line.request(unit: 1, function: 3, bytes: 8), inPiecesOf: 1)
        #expect(told.decoded.isEmpty)
        #expect(told.reasons.count == 1)
        #expect(told.reasons.allSatisfy { $0.contains("2") }, "\(told.reasons)")
    }

    @Test(arguments: streams, [1, 2, 3, 7, 16, 64])
    func `a damaged stream gives the readings of its whole frames and no others`(
        stream: GoldenStream, size: Int
    ) throws {
        let golden = try #require(GoldenVectors.shared)
        let name = stream.frames.first.flatMap { goldenProfiles[$0] } ?? streamProfiles[stream.framer]
        let line = try GoldenLine(name, stream.id)
        let told = line.read(stream.chunks.flatMap { $0 }, request: line.request(for: stream), inPiecesOf: size)
        let wanted = stream.frames.filter { $0 != "modbus-exc" }
        try #require(told.decoded.count == wanted.count, "\(told)")
        for (frame, id) in zip(told.decoded, wanted) {
            let vector = try #require(golden[id])
            #expect(difference(frame, vector) == [])
        }
        if let least = stream.errorsMin { #expect(told.errors >= least) }
        if let most = stream.errorsMax { #expect(told.errors <= most) }
    }

    /// What is not as the vector says; a sentence each.
    private func difference(_ frame: DecodedFrame, _ vector: GoldenVector) -> [String] {
        vector.readings.compactMap { wanted in
            let readings = frame.readings.filter { $0.name == wanted.name }
            guard readings.count <= 1 else { return "\(wanted.name) is there \(readings.count) times" }
            guard let reading = readings.first else {
                return wanted.isNone ? nil : "\(wanted.name) is not there: \(frame)"
            }
            if wanted.isNone { return "\(wanted.name) is \(reading.value), and the frame has none" }
            if reading.unit != wanted.unit {
                return "\(wanted.name) is in \(reading.unit ?? "no unit"), not in \(wanted.unit ?? "none")"
            }
            return wanted.isLike(reading.value) ? nil : "\(wanted.name) is \(reading.value), not \(wanted.value)"
        }
    }
}

extension GoldenReading {
    /// Whether nothing is to be published: null, and a text without characters, which is a missing value in profiles.
    fileprivate var isNone: Bool { value == .null || value.string == "" }

    /// Whether a value is this one. Digits of hexadecimal texts may be of either case.
    fileprivate func isLike(_ other: Reading.Value) -> Bool {
        switch other {
        case .number(let number): value.number.map { abs($0 - number) <= tolerance } ?? false
        case .boolean(let flag): value.boolean == flag
        case .text(let text):
            text == value.string
                || text.allSatisfy(\.isHexDigit) && text.lowercased() == value.string?.lowercased()
        }
    }
}
