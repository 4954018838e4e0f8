import AgentTestKit
import DeviceProfiles
import Records
import StrictTOML
import Testing

/// The profiles that come with the program.
struct DeviceFilesTests {
    @Test func `there is a profile for more than a hundred sensors`() {
        #expect(DevicesFolder.names.count >= 100)
    }

    @Test(arguments: DevicesFolder.names)
    func `a profile is right, and its samples give what they say, whole and split`(name: String) throws {
        let profile = try DevicesFolder.library.profile(name)
        #expect(profile.remarks.map(\.description) == [])
        #expect(ProfileSamples.run(profile).map(\.description) == [])
    }

    @Test(arguments: DevicesFolder.names)
    func `a profile has a sample that is read and one that is refused, and says where it is from`(name: String) throws {
        let profile = try DevicesFolder.library.profile(name)
        #expect(profile.samples.contains { !$0.isRejected && !$0.expected.isEmpty })
        #expect(profile.samples.contains { $0.isRejected })
        #expect(profile.source.count >= 12)
        #expect(profile.lookalikes.filter { !DevicesFolder.names.contains($0) } == [])
    }

    @Test(.enabled(if: GoldenVectors.areThere, "\(GoldenVectors.absence)"))
    func `samples were built for their profile, and are not golden frames`() throws {
        let golden = try #require(GoldenVectors.shared)
        let frames = Set(golden.vectors.map(\.frame))
        for name in DevicesFolder.names {
            let samples = try DevicesFolder.library.profile(name).samples
            #expect(samples.filter { frames.contains($0.bytes) }.count == 0, "\(name)")
        }
    }
}
