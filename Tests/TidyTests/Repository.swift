import Foundation

/// The working tree that the house rules are about: every text file that belongs to it, read once.
struct Repository: Sendable {
    /// What may stand at the top; the rest has its place in one of these folders.
    static let topLevel: Set<String> = [
        "Package.swift", "README.md", "Makefile", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "SECURITY.md",
        ".swift-format", ".gitignore", ".gitattributes", ".ci", "Sources", "Tests", "devices", "systemd",
        "Benchmarks", "docs",
    ]

    static let current = Repository(root: rootOfThisFile())

    /// Absolute, without a slash at the end.
    let root: String
    /// Sorted by path. Folders that are not in ``topLevel`` are not entered: build products, editors' folders.
    let files: [TextFile]
    /// The Swift files of the program itself.
    let swiftSources: [SwiftSource]

    init(root: String) {
        self.root = root
        files = Self.topLevel.sorted().flatMap { Self.paths(below: $0, root: root) }.sorted()
            .compactMap { TextFile(root: root, path: $0) }
        swiftSources = files.compactMap { SwiftSource($0) }
    }

    /// Names of the targets in Sources, C modules included: one folder each.
    var targets: [String] {
        Set(files.filter { $0.path.hasPrefix("Sources/") }.map { String($0.path.split(separator: "/")[1]) }).sorted()
    }

    /// Names of the targets that have Swift files.
    var swiftTargets: [String] { Set(swiftSources.map(\.target)).sorted() }

    /// Names of all that stands at the top, ignored by Git or not.
    var topLevelNames: [String] { (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [] }

    /// Names of all that stands at the root of this machine's file system.
    var namesAtMachineRoot: [String] { (try? FileManager.default.contentsOfDirectory(atPath: "/")) ?? [] }

    /// Whether a file or folder stands at `path`.
    func contains(_ path: String) -> Bool { FileManager.default.fileExists(atPath: "\(root)/\(path)") }

    private static func paths(below entry: String, root: String) -> [String] {
        let below = FileManager.default.enumerator(atPath: "\(root)/\(entry)")?.compactMap { $0 as? String } ?? []
        return [entry] + below.map { "\(entry)/\($0)" }
    }

    /// `make check` reaches this folder through a symbolic link, so links are followed before going up.
    private static func rootOfThisFile() -> String {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().resolvingSymlinksInPath()
        return folder.deletingLastPathComponent().deletingLastPathComponent().path
    }
}

/// One text file of the working tree.
struct TextFile: Sendable {
    /// Relative to the repository's root.
    let path: String
    let text: String
    /// Without their line ends.
    let lines: [Substring]

    init(path: String, text: String) {
        self.path = path
        self.text = text
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// Nil for folders and for what is not UTF-8 text.
    init?(root: String, path: String) {
        guard let bytes = FileManager.default.contents(atPath: "\(root)/\(path)"), !bytes.contains(0),
            let text = String(data: bytes, encoding: .utf8)
        else { return nil }
        self.init(path: path, text: text)
    }

    /// The last component of the path.
    var name: Substring { path.split(separator: "/").last ?? "" }

    /// Places where a line satisfies the condition, as `path:line`.
    func places(where isFound: (Substring) -> Bool) -> [String] { path.places(in: lines, where: isFound) }
}

/// One Swift file of the program: as it is written, and what of it is code.
struct SwiftSource: Sendable {
    let file: TextFile
    let code: SwiftCode
    /// The folder in Sources that it belongs to.
    let target: String

    /// Nil for a file that is not a Swift file in Sources.
    init?(_ file: TextFile) {
        guard file.path.hasPrefix("Sources/"), file.path.hasSuffix(".swift") else { return nil }
        self.file = file
        code = SwiftCode(file.text)
        target = String(file.path.split(separator: "/")[1])
    }

    var path: String { file.path }
    var lines: [Substring] { file.lines }

    /// Places where a line of code satisfies the condition, as `path:line`.
    func codePlaces(where isFound: (Substring) -> Bool) -> [String] { path.places(in: code.lines, where: isFound) }
}

extension String {
    fileprivate func places(in lines: [Substring], where isFound: (Substring) -> Bool) -> [String] {
        lines.enumerated().filter { isFound($0.element) }.map { "\(self):\($0.offset + 1)" }
    }
}
