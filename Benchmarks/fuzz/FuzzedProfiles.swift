import DeviceProfiles
import Glibc

/// The profiles of the repository, with their variants, sorted by name: an input names one by its number.
enum FuzzedProfiles {
    /// In `devices`, or in the folder that `MILLRACE_DEVICES` names.
    static let all: [Profile] = {
        let folder = getenv("MILLRACE_DEVICES").map { String(cString: $0) } ?? "devices"
        var profiles: [Profile] = []
        for entry in ProfileLibrary(exactly: [folder]).entries() {
            switch entry.profile {
            case .success(let profile): profiles += [profile] + profile.variants
            case .failure(let error): FuzzProgram.end("\(error)")
            }
        }
        guard !profiles.isEmpty else { FuzzProgram.end("there are no profiles in \(folder)") }
        return profiles
    }()
}
