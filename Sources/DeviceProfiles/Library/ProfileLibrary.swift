import Glibc
import Records
import StrictTOML

/// The folders with profiles, in the order in which a name is looked for.
public struct ProfileLibrary: Hashable, Sendable {
    /// Absolute or relative paths; those that are not there are passed over.
    public let folders: [String]

    /// The folders that are given, then those of the machine and of the program.
    ///
    /// - Parameter folders: those of `--profiles`, in their order.
    public init(folders: [String] = []) {
        self.init(exactly: folders + ["/etc/millrace/devices"] + Self.besideProgram(Self.programPath))
    }

    /// These folders and no others.
    public init(exactly folders: [String]) {
        var known: Set<String> = []
        self.folders = folders.filter { known.insert($0).inserted }
    }

    /// One file of a library.
    public struct Entry: Sendable {
        /// The profile's name.
        public let name: String
        /// Its file.
        public let path: String
        /// What is in it, or everything that is wrong with it.
        public let profile: Result<Profile, ConfigurationError>
    }

    /// Why a name gives no profile.
    public enum Failure: Error, Sendable, CustomStringConvertible {
        /// No folder has such a file.
        case unknown(name: String, nearest: String?, folders: [String])
        /// The profile has no such variant.
        case unknownVariant(name: String, variant: String, known: [String])
        /// The file is wrong.
        case broken(ConfigurationError)

        /// For people; one issue per line.
        public var description: String {
            switch self {
            case .unknown(let name, let nearest, let folders):
                let hint = nearest.map { "; did you mean \(quoted($0))?" } ?? ""
                return "there is no profile \(quoted(name)) in \(folders.joined(separator: ", "))\(hint)"
            case .unknownVariant(let name, let variant, let known):
                let all = known.isEmpty ? "it has none" : "it has \(quotedList(known))"
                return "the profile \(quoted(name)) has no variant \(quoted(variant)); \(all)"
            case .broken(let error): return error.description
            }
        }
    }

    /// The profile of a name, `name/variant`, or the path of a file that ends with `.toml`.
    ///
    /// - Throws: ``Failure``, also where the file is there and wrong: a later folder is no substitute for it.
    public func profile(_ name: String) throws(Failure) -> Profile {
        if name.hasSuffix(".toml") { return try load(name) }
        let parts = name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard Profile.isName(parts[0]), let path = path(of: parts[0]) else {
            let nearest = NearestKey.find(parts[0], in: files().map(\.name))
            throw .unknown(name: parts[0], nearest: nearest, folders: folders)
        }
        let profile = try load(path)
        guard parts.count == 2 else { return profile }
        guard let variant = profile.variant(parts[1]) else {
            throw .unknownVariant(
                name: parts[0], variant: parts[1], known: profile.variants.compactMap(\.variantName))
        }
        return variant
    }

    /// The file that a name stands for; nil where no folder has one.
    public func path(of name: String) -> String? {
        folders.lazy.map { "\($0)/\(name).toml" }.first { access($0, F_OK) == 0 }
    }

    /// All profiles, read, sorted by name. A broken file does not hide the others.
    public func entries() -> [Entry] {
        files().map { file in
            do throws(ConfigurationError) {
                return Entry(name: file.name, path: file.path, profile: .success(try Profile.load(path: file.path)))
            } catch {
                return Entry(name: file.name, path: file.path, profile: .failure(error))
            }
        }
    }

    /// All profiles that are sound, sorted by name.
    ///
    /// - Parameter onBroken: is told what is wrong with each file that is not.
    public func profiles(onBroken: (ConfigurationError) -> Void) -> [Profile] {
        entries().compactMap { entry in
            switch entry.profile {
            case .success(let profile): return profile
            case .failure(let error):
                onBroken(error)
                return nil
            }
        }
    }

    private func load(_ path: String) throws(Failure) -> Profile {
        do {
            return try Profile.load(path: path)
        } catch {
            throw .broken(error)
        }
    }

    /// The files that count: of several under one name the first.
    private func files() -> [(name: String, path: String)] {
        var files: [String: String] = [:]
        for folder in folders {
            for file in Self.names(in: folder) where file.hasSuffix(".toml") && file.first != "." {
                let name = String(file.dropLast(5))
                if files[name] == nil { files[name] = "\(folder)/\(file)" }
            }
        }
        return files.sorted { $0.key < $1.key }.map { (name: $0.key, path: $0.value) }
    }

    /// What stands in a folder; nothing where it is none.
    private static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            names.append(name)
        }
        return names
    }

    // MARK: The program's own

    /// Where an installed program has its profiles, and where a build in the repository finds them.
    static func besideProgram(_ path: String) -> [String] {
        var folder = path.split(separator: "/").dropLast().map(String.init)
        var folders = ["/" + (folder + ["share/millrace/devices"]).joined(separator: "/")]
        if !folder.isEmpty {
            folders.append("/" + (folder.dropLast() + ["share/millrace/devices"]).joined(separator: "/"))
        }
        while !folder.isEmpty {
            folder.removeLast()
            let ancestor = "/" + folder.joined(separator: "/")
            // Only of the repository: a folder `devices` may stand anywhere.
            if access("\(ancestor)/Package.swift", F_OK) == 0, access("\(ancestor)/devices", F_OK) == 0 {
                folders.append("\(ancestor)/devices")
                break
            }
        }
        return folders.filter { access($0, F_OK) == 0 }
    }

    /// The executable of this process; empty where the kernel does not say it.
    private static var programPath: String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : ""
    }
}
