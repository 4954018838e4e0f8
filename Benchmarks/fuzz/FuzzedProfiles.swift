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
        return profiles + lines
    }()

    /// Lines of which everything is published, as `[serial.NAME] format` makes them.
    private static let lines: [Profile] = [
        "others = true\ntext = { format = \"json\" }", "others = true\ntext = { format = \"key-value\" }",
        """
        text = { format = "csv", columns = 2 }
        fields = [
          { name = "a", column = 0, type = "any", unit = "hPa" }, { name = "b", column = 1, type = "any" },
        ]
        """,
    ].enumerated().map { number, text in
        let head = "format = 1\ntitle = \"lines\"\nsource = \"none\"\nframing = { kind = \"line\" }\n"
        do {
            return try Profile.read(head + text, file: "lines", name: "lines-\(number)")
        } catch {
            FuzzProgram.end("\(error)")
        }
    }
}
