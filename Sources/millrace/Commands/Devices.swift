import ArgumentParser
import DeviceProfiles
import Glibc
import Records
import StrictTOML

/// What the program knows of sensors.
struct Devices: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Profiles of sensors: list, show, check; find out what is at a port, and listen to it.",
        discussion: """
            A profile says how one sensor model speaks: devices/README.md. Profiles are looked for in the folders of \
            --profiles, in /etc/millrace/devices, and among those that came with the program.
            """,
        subcommands: [
            DevicesList.self, DevicesShow.self, DevicesCheck.self, DevicesDecode.self, DevicesDetect.self,
            DevicesListen.self,
        ])
}

/// Where profiles are looked for.
struct ProfilesOption: ParsableArguments {
    @Option(
        name: .customLong("profiles"), parsing: .singleValue,
        help: ArgumentHelp("A folder with profiles, before the usual ones; may be repeated.", valueName: "directory"),
        completion: .directory)
    var folders: [String] = []

    func validate() throws {
        for folder in folders {
            var state = stat()
            guard stat(folder, &state) == 0 else {
                throw ValidationError("--profiles \(folder): \(String(cString: strerror(errno))).")
            }
            guard state.st_mode & S_IFMT == S_IFDIR else {
                throw ValidationError("--profiles \(folder) is no folder; give the one that it is in.")
            }
        }
    }

    var library: ProfileLibrary { ProfileLibrary(folders: folders) }

    /// All that are sound; what is wrong with others is told.
    func all() -> [Profile] { library.profiles { Self.tell($0) } }

    /// The profile of a name or a path; a failure is told, and ends the program.
    func profile(_ name: String) throws -> Profile {
        do throws(ProfileLibrary.Failure) {
            return try library.profile(name)
        } catch {
            if case .broken(let error) = error {
                Self.tell(error)
            } else {
                printError("millrace: \(error)")
            }
            throw ExitCode.configuration
        }
    }

    private static func tell(_ error: ConfigurationError) {
        for issue in error.issues { printError("\(issue)") }
    }
}

struct DevicesList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the profiles, each with what it is.",
        discussion: "A file that is wrong is named on standard error; it hides none of the others.")

    @OptionGroup var profiles: ProfilesOption
    @Flag(help: "Print JSON.") var json = false
    @Flag(help: "Print a table in Markdown, with models and readings.") var markdown = false

    func validate() throws {
        if json, markdown { throw ValidationError("--json and --markdown exclude each other.") }
    }

    func run() throws {
        let found = profiles.all().flatMap { [$0] + $0.variants }
        if json {
            print(ProfileReport.list(found))
        } else if markdown {
            print(ProfileReport.markdown(found))
        } else {
            let width = found.map(\.name.count).max() ?? 0
            for profile in found {
                print(profile.name + String(repeating: " ", count: width - profile.name.count + 2) + profile.title)
            }
        }
    }
}

struct DevicesShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show what a profile says: the line, its readings, what is asked for.")

    @OptionGroup var profiles: ProfilesOption
    @Argument(help: "Its name, name/variant, or the path of its file.") var profile: String

    func run() throws {
        print(ProfileReport.text(try profiles.profile(profile)))
    }
}

struct DevicesCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check profiles and execute their samples.",
        discussion: "Prints every mistake with its file, line and key, and exits with 78 where there is one.")

    @Argument(help: "The files.", completion: .file(extensions: ["toml"])) var files: [String]

    func run() throws {
        var isSound = true
        for file in files {
            do throws(ConfigurationError) {
                let profile = try Profile.load(path: file)
                for remark in profile.remarks { printError("\(remark)") }
                let failures = ProfileSamples.run(profile)
                for failure in failures {
                    printError("\(file)" + (failure.line.map { ":\($0)" } ?? "") + ": \(failure)")
                }
                if failures.isEmpty { print("\(file): \(Self.summary(profile))") } else { isSound = false }
            } catch {
                for issue in error.issues { printError("\(issue)") }
                isSound = false
            }
        }
        if !isSound { throw ExitCode.configuration }
    }

    private static func summary(_ profile: Profile) -> String {
        func counted(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }
        let fields = profile.messages.reduce(0) { $0 + $1.fields.count }
        let rejected = profile.samples.count { $0.isRejected }
        var parts = [
            counted(profile.messages.count, "message"), counted(fields, "field"),
            counted(profile.samples.count, "sample") + ", \(rejected) of them rejected as they must be",
        ]
        if !profile.variants.isEmpty { parts.insert(counted(profile.variants.count, "variant"), at: 2) }
        return parts.joined(separator: ", ")
    }
}
