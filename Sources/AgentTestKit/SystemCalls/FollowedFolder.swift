import Glibc

/// The names inside the followed folder as the traced process sees them, whatever the disk holds.
struct FollowedFolder {
    /// Both spellings of the folder: as given, and without symbolic links.
    private let prefixes: [[UInt8]]
    private(set) var numbers: [String: FileNumber] = ["": .root]
    /// By ``FileNumber``.
    private(set) var nodes: [Node] = [Node(path: "", isFolder: true, size: 0)]

    struct Node {
        /// The last path known, relative to the folder.
        var path: String
        let isFolder: Bool
        /// In bytes; what `O_APPEND` writes to.
        var size: Int
    }

    init(_ folder: String, baseline: FolderImage) {
        var spellings = [Self.normal(Array(folder.utf8))]
        if let resolved = realpath(folder, nil) {
            let bytes = Array(UnsafeRawBufferPointer(start: resolved, count: strlen(resolved)))
            if bytes != spellings[0] { spellings.append(bytes) }
            free(resolved)
        }
        prefixes = spellings
        for path in baseline.folders.sorted() { _ = add(path, isFolder: true) }
        for path in baseline.files.keys.sorted() { _ = add(path, isFolder: false, size: baseline.files[path]!.count) }
    }

    /// The path relative to the folder, empty for the folder itself; nil for a path elsewhere.
    func relative(_ path: [UInt8], from current: [UInt8]) -> String? {
        let full = Self.normal(path.first == UInt8(ascii: "/") ? path : current + [UInt8(ascii: "/")] + path)
        for prefix in prefixes where full.starts(with: prefix) {
            if full.count == prefix.count { return "" }
            if full[prefix.count] == UInt8(ascii: "/") {
                return String(decoding: full[(prefix.count + 1)...], as: UTF8.self)
            }
        }
        return nil
    }

    mutating func add(_ path: String, isFolder: Bool, size: Int = 0) -> FileNumber {
        let number = FileNumber(number: nodes.count)
        nodes.append(Node(path: path, isFolder: isFolder, size: size))
        numbers[path] = number
        return number
    }

    mutating func link(_ number: FileNumber, at path: String) {
        numbers[path] = number
        nodes[number.number].path = path
    }

    mutating func remove(_ path: String) { numbers[path] = nil }

    /// Gives `number` and, for a folder, all that is inside their new paths.
    mutating func rename(_ number: FileNumber, from old: String, to new: String) {
        numbers[old] = nil
        link(number, at: new)
        guard nodes[number.number].isFolder else { return }
        for (path, inner) in numbers where path.hasPrefix(old + "/") {
            numbers[path] = nil
            link(inner, at: new + path.dropFirst(old.count))
        }
    }

    mutating func resize(_ number: FileNumber, to size: Int) { nodes[number.number].size = size }

    /// Where `path` is kept; nil where its folder is not known.
    func entry(of path: String) -> FolderEntry? {
        guard let slash = path.lastIndex(of: "/") else { return FolderEntry(folder: .root, name: path) }
        guard let folder = numbers[String(path[..<slash])] else { return nil }
        return FolderEntry(folder: folder, name: String(path[path.index(after: slash)...]))
    }

    /// Without doubled slashes, `.` and `..`.
    private static func normal(_ path: [UInt8]) -> [UInt8] {
        var parts: [ArraySlice<UInt8>] = []
        for part in path.split(separator: UInt8(ascii: "/")) {
            if part.elementsEqual([UInt8(ascii: ".")]) { continue }
            if part.elementsEqual([UInt8(ascii: "."), UInt8(ascii: ".")]) {
                _ = parts.popLast()
            } else {
                parts.append(part)
            }
        }
        return parts.reduce(into: []) { $0 += [UInt8(ascii: "/")] + $1 }
    }
}

/// An open file or folder of the followed folder; shared by all descriptors that `dup` and `fork` made of one `open`.
final class OpenFile {
    let number: FileNumber
    let isFolder: Bool
    let appends: Bool
    /// Where the next `write` goes, in bytes from the start.
    var position = 0

    init(_ number: FileNumber, isFolder: Bool, appends: Bool) {
        self.number = number
        self.isFolder = isFolder
        self.appends = appends
    }
}

/// The open files of one process, shared by its threads.
final class DescriptorTable {
    struct Slot {
        let file: OpenFile
        let closesOnExec: Bool
    }

    var slots: [Int: Slot] = [:]
    /// The working folder, absolute; empty until a call has shown it.
    var current: [UInt8] = []

    func copy() -> DescriptorTable {
        let table = DescriptorTable()
        table.slots = slots
        table.current = current
        return table
    }
}
