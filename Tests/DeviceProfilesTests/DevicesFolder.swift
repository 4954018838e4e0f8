import DeviceProfiles
import Records
import StrictTOML

/// The folder `devices` of this repository.
enum DevicesFolder {
    /// Where it is.
    static let path: String = {
        var folder = #filePath[...]
        for _ in 0..<3 { folder = folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)] }
        return folder + "/devices"
    }()

    /// Its profiles, and no others.
    static let library = ProfileLibrary(exactly: [path])
    /// Their names.
    static let names = library.entries().map(\.name)

    /// The whole profiles in README.md.
    static func examples() throws -> [Profile] {
        let page = try FileContents(path: path + "/README.md", sizeMax: .mebibytes(1))
        let text = String(decoding: page.bytes, as: UTF8.self)
        let blocks = text.split(separator: "```toml\n").filter { $0.hasPrefix("format = 1") }
        return try blocks.enumerated().map { number, block in
            let source = block.split(separator: "```").first ?? ""
            return try Profile.read(String(source), file: "README.md", name: "example-\(number)")
        }
    }
}
