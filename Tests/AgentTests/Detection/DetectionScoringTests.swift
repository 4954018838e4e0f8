import DeviceProfiles
import Records
import SerialIO
import Testing

@testable import Agent

/// Which profile fits what was heard, without a port.
struct DetectionScoringTests {
    private let settings = SerialSettings()

    private func trial(_ name: String, _ text: String, hearing bytes: [UInt8], pieces: Int = .max) throws
        -> ProfileTrial
    {
        var trial = ProfileTrial(try DetectionProfiles.profile(name, text))
        var rest = bytes[...]
        while !rest.isEmpty {
            trial.hear(Array(rest.prefix(pieces)))
            rest = rest.dropFirst(pieces)
        }
        return trial
    }

    private func detection(_ profiles: [(String, String)], hearing bytes: [UInt8]) throws -> Detection {
        let trials = try profiles.map { try trial($0.0, $0.1, hearing: bytes) }
        return Detection(candidates: trials.filter(\.fits).map { $0.candidate(settings: settings) })
    }

    private var warmthFrames: [UInt8] { (0..<5).flatMap { DetectionProfiles.warmthFrame(215 + $0) } }

    @Test func `frames that a checksum proves fit their profile, and no other`() throws {
        let found = try detection(
            [("lines", DetectionProfiles.lines), ("warmth", DetectionProfiles.warmth("W"))], hearing: warmthFrames)
        #expect(found.candidates.map(\.profile.name) == ["warmth"])
        let certain = try #require(found.certain)
        #expect(certain.frames == 5 && certain.errors == 0 && certain.isProven && !certain.wasAsked)
        #expect(certain.readings == [Reading(name: "temperature", value: .number(21.9), unit: "Cel")])
    }

    @Test func `bytes split anywhere give the same score`() throws {
        let bytes = [0x5A, 0x00] + warmthFrames + [0xA5]
        for pieces in [1, 2, 5, 7] {
            let trial = try trial("warmth", DetectionProfiles.warmth("W"), hearing: bytes, pieces: pieces)
            #expect(trial.fits && trial.frames == 5 && trial.share == 1)
        }
    }

    @Test func `models whose frames are alike are all choices, and none is certain`() throws {
        let found = try detection(
            [("twin", DetectionProfiles.warmth("T")), ("warmth", DetectionProfiles.warmth("W"))], hearing: warmthFrames)
        #expect(found.choices.map(\.profile.name) == ["twin", "warmth"])
        #expect(found.certain == nil)
    }

    @Test func `a lookalike that explains less is a choice all the same`() throws {
        // It does not know the second of the two messages.
        let poor = DetectionProfiles.warmth("P").replacing("range = [-40, 85]", with: "range = [-40, 21.5]")
        let alone = try detection(
            [("poor", poor), ("warmth", DetectionProfiles.warmth("W"))], hearing: warmthFrames)
        #expect(alone.choices.map(\.profile.name) == ["warmth"])
        let related = try detection(
            [("poor", poor), ("warmth", DetectionProfiles.warmth("W", lookalikes: "\"poor\""))], hearing: warmthFrames)
        #expect(related.choices.map(\.profile.name) == ["warmth", "poor"])
    }

    @Test func `a profile that names no model yields to one that does`() throws {
        let found = try detection(
            [("a-pattern", DetectionProfiles.pattern), ("warmth", DetectionProfiles.warmth("W"))], hearing: warmthFrames
        )
        #expect(found.certain?.profile.name == "warmth")
        #expect(found.candidates.count == 2)
        let alone = try detection([("a-pattern", DetectionProfiles.pattern)], hearing: warmthFrames)
        #expect(alone.certain?.profile.name == "a-pattern")
    }

    @Test func `noise fits nothing`() throws {
        var chance = Chance()
        let noise = chance.bytes(400_000)
        let weak = DetectionProfiles.warmth("W").replacing("A5 5A", with: "A5").replacing("sum16", with: "sum8")
            .replacing(", range = [-40, 85]", with: "")
        for (name, text) in [
            ("warmth", DetectionProfiles.warmth("W")), ("lines", DetectionProfiles.lines),
        ] {
            #expect(try !trial(name, text, hearing: noise).fits)
        }
        // Two bytes of 256 values each pass by chance now and then; that is not enough.
        let profile = try DetectionProfiles.profile("weak", weak.replacing("D7 01 D6", with: "D7 00 D6"))
        var trial = ProfileTrial(profile)
        trial.hear(noise)
        #expect(trial.frames > 0 && !trial.fits)
    }

    @Test func `a line on which most is damaged fits nothing`() throws {
        let bytes = (0..<12).flatMap { index in
            var frame = DetectionProfiles.warmthFrame(200 + index)
            if index % 3 != 0 { frame[5] ^= 0x10 }
            return frame
        }
        let trial = try trial("warmth", DetectionProfiles.warmth("W"), hearing: bytes)
        #expect(trial.frames == 4 && !trial.fits)
    }

    @Test func `lines without a checksum count when several are plausible`() throws {
        func fits(_ text: String) throws -> Bool {
            try trial("lines", DetectionProfiles.lines, hearing: Array(text.utf8)).fits
        }
        #expect(try fits("21.5,40\n21.6,40\n21.6,41\n"))
        #expect(try !fits("21.5,40\n21.6,40\n"), "two may be chance")
        #expect(try !fits("900,40\n901,40\n902,41\n"), "no such device is so warm")
        #expect(try !fits("21.5,40\nboot\nloading\ninit wifi\nready now\n21.6,41\n21.5,40\n"))
    }

    @Test func `the settings that most models come with are tried first, and devices that wait are not listened for`()
        throws
    {
        let fast = DetectionProfiles.warmth("F").replacing("baud = 9600", with: "baud = [115200, 9600]")
        let plan = DetectionPlan([
            try DetectionProfiles.profile("fast", fast),
            try DetectionProfiles.profile("warmth", DetectionProfiles.warmth("W")),
            try DetectionProfiles.profile("meter", DetectionProfiles.meter(unit: 1)),
        ])
        #expect(plan.listening.map(\.settings.baud) == [9600, 115_200])
        #expect(plan.listening.map { $0.profiles.map(\.name) } == [["fast", "warmth"], ["fast"]])
        #expect(plan.polling.map { $0.profiles.map(\.name) } == [["meter"]])
    }

    @Test func `only requests that a profile marks as safe are in the plan, and no step beside them`() throws {
        let device = try #require(DetectionProfiles.profile("questions", DetectionProfiles.questions).safeDevice)
        #expect(device.requests.indices.map { device.requestBytes($0) } == [[0x33, 0x44]])
        #expect(device.initialisation.isEmpty && device.wake.isEmpty && device.shutdown.isEmpty)
        let unsafe = DetectionProfiles.meter(unit: 1, options: "safe = false")
        #expect(try DetectionProfiles.profile("unsafe", unsafe).safeDevice == nil)
        #expect(try DetectionProfiles.profile("warmth", DetectionProfiles.warmth("W")).safeDevice == nil)
    }
}
