import DeviceProfiles
import Records
import SerialIO

@testable import SimulatedDevices

/// Profiles of this repository, and what is read of what their devices say.
enum Devices {
    static let library: ProfileLibrary = {
        var folder = #filePath[...]
        for _ in 0..<3 { folder = folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)] }
        return ProfileLibrary(exactly: [folder + "/devices"])
    }()

    static let all: [Profile] = library.entries().compactMap { entry in
        guard case .success(let profile) = entry.profile else { return nil }
        return profile
    }

    /// The readings that the profile makes of bytes on the line.
    static func readings(_ bytes: [UInt8], _ profile: Profile, request: [UInt8]? = nil) -> [Reading] {
        frames(bytes, profile, request: request).flatMap {
            ProfileDecoder(profile).decode($0, request: request).readings
        }
    }

    /// The contents of the frames in bytes on the line.
    static func frames(_ bytes: [UInt8], _ profile: Profile, request: [UInt8]? = nil) -> [ArraySlice<UInt8>] {
        var cutter = FrameCutter(profile.framing)
        if let request { cutter.expectReply(to: request) }
        cutter.append(bytes)
        var frames: [ArraySlice<UInt8>] = []
        while true {
            switch cutter.next() {
            case .needMoreBytes: return frames
            case .skipped: continue
            case .frame(let content): frames.append(Array(content)[...])
            }
        }
    }

    static func number(_ name: String, _ readings: [Reading]) -> Double? {
        guard case .number(let number)? = readings.last(where: { $0.name == name })?.value else { return nil }
        return number
    }
}
