import DeviceProfiles
import Records
import SerialIO
import Testing

@testable import Agent

/// The profiles of this repository, each tried on the samples of all.
struct ShippedProfilesTests {
    private static let folder: String = {
        var folder = #filePath[...]
        for _ in 0..<4 { folder = folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)] }
        return folder + "/devices"
    }()

    /// All profiles, and those that may be heard without asking.
    private static let profiles = ProfileLibrary(exactly: [folder]).entries().compactMap { try? $0.profile.get() }
    private static let heard = profiles.filter(\.speaksUnasked)

    /// What a device says that says the samples of its profile again and again.
    private static func speech(_ profile: Profile) -> [UInt8] {
        let samples = profile.samples.filter { !$0.isRejected && $0.variant == nil && $0.request == nil }
        return (0..<8).flatMap { _ in samples.flatMap(\.bytes) }
    }

    private static func detection(hearing bytes: [UInt8]) -> Detection {
        let trials = heard.flatMap { [$0] + $0.variants }.map { profile in
            var trial = ProfileTrial(profile)
            trial.hear(bytes)
            return trial
        }
        return Detection(candidates: trials.filter(\.fits).map { $0.candidate(settings: SerialSettings()) })
    }

    @Test(arguments: heard.map(\.name)) func `a device is recognised by what its own samples say`(name: String) throws {
        let profile = try #require(Self.heard.first { $0.name == name })
        let bytes = Self.speech(profile)
        guard !bytes.isEmpty else { return }
        let found = Self.detection(hearing: bytes)
        #expect(found.choices.contains { $0.profile.name == name }, "\(found.candidates.map(\.profile.name))")
    }

    @Test func `noise is none of the devices`() {
        var chance = Chance()
        let found = Self.detection(hearing: chance.bytes(20_000))
        #expect(found.candidates.map(\.profile.name).isEmpty)
    }

    @Test func `text that a program prints is none of the devices`() {
        let lines = (0..<200).map { "[\($0).\($0 * 37 % 1000)] usb 1-\($0 % 4): new device, state \($0 % 7) (ok)\r\n" }
        let found = Self.detection(hearing: Array(lines.joined().utf8))
        #expect(found.candidates.map(\.profile.name).isEmpty)
    }
}
