/// What is on disk for sure, and what may be, while a trace is walked from its beginning.
///
/// Content and names are two things, as on a real file system. A *file* has sure bytes, and a row of changes (writes,
/// new lengths) that no sync has covered. A *name* in a folder is sure, or is changed by a row of creations, renames
/// and removals that no sync has covered. A sync covers what had returned before it began, from its own return on.
///
/// A power cut keeps any part of the uncovered changes, with these limits: a rename is one change, so a file never
/// loses both names by it; of two changes to one name the later is not kept without the earlier; a file whose name is
/// not kept is gone with its bytes; bytes between the old end of a file and a kept write beyond it read as zero.
public struct DiskModel: Sendable {
    private struct Event {
        let moment: Int
        let operation: Int
    }

    private let operations: [TracedOperation]
    private let events: [Event]
    private let durability: PowerCut.EntryDurability
    private var nextEvent = 0
    private(set) var files: [FileNumber: FileState] = [:]
    private(set) var names = NameState()

    /// The disk before the first operation of `trace`: its baseline, all of it sure.
    public init(of trace: SystemCallTrace, entries: PowerCut.EntryDurability) {
        operations = trace.operations
        durability = entries
        events = trace.operations.indices.compactMap { index in
            let operation = trace.operations[index]
            guard operation.concernsDisk, let moment = operation.counted else { return nil }
            return Event(moment: moment, operation: index)
        }.sorted { ($0.moment, $0.operation) < ($1.moment, $1.operation) }
        // The numbers are given in the same order in which a trace's reader gives them.
        let known = FollowedFolder("/", baseline: trace.baseline)
        for (path, number) in known.numbers where number != .root {
            names.keep(known.entry(of: path)!, number, isFolder: known.nodes[number.number].isFolder)
            if let content = trace.baseline.files[path] { files[number] = FileState(content: content) }
        }
    }

    /// Walks on through `moment`, which is included. Earlier moments cannot be had again.
    public mutating func advance(through moment: Int) {
        while nextEvent < events.count, events[nextEvent].moment <= moment {
            apply(operations[events[nextEvent].operation])
            nextEvent += 1
        }
    }

    private mutating func apply(_ operation: TracedOperation) {
        switch operation.action {
        case .create(let file, let entry):
            files[file] = FileState(content: [])
            names.change(.put(file, at: entry, isFolder: false), ended: operation.ended)
        case .createFolder(let folder, let entry):
            names.change(.put(folder, at: entry, isFolder: true), ended: operation.ended)
        case .link(let file, let entry):
            names.change(.put(file, at: entry, isFolder: false), ended: operation.ended)
        case .rename(let file, let old, let new):
            names.change(.move(file, from: old, to: new), ended: operation.ended)
        case .remove(_, let entry): names.change(.remove(entry), ended: operation.ended)
        case .write(let file, let offset, let bytes):
            files[file]?.change(.write(offset: offset, bytes: bytes), ended: operation.ended)
        case .resize(let file, let size): files[file]?.change(.resize(size), ended: operation.ended)
        case .sync(let file):
            files[file]?.cover(before: operation.began)
            names.cover(durability == .anySync ? nil : file, before: operation.began)
        case .failedSync(let file): files[file]?.abandon(before: operation.began)
        case .syncAll:
            for file in files.keys { files[file]!.cover(before: operation.began) }
            names.cover(nil, before: operation.began)
        case .send, .receive, .close, .output: return
        }
    }

    /// The folder as `cut` leaves it at the moment that has been reached, which must be the cut's own.
    public func image(after cut: PowerCut) -> FolderImage {
        var image = FolderImage()
        var random = SeededGenerator(seed: cut.seed)
        let kept = names.kept(cut.survival, &random)
        var waiting: [(folder: FileNumber, path: String)] = [(.root, "")]
        while let (folder, path) = waiting.popLast() {
            for (name, number) in kept[folder] ?? [:] {
                let inner = path.isEmpty ? name : path + "/" + name
                if names.folders.contains(number) {
                    image.folders.insert(inner)
                    waiting.append((number, inner))
                } else if let file = files[number] {
                    // Its own row of random numbers: the order in which a dictionary is walked must not matter.
                    var own = SeededGenerator(seed: cut.seed ^ UInt64(number.number) &* 0xD6E8_FEB8_6659_FD93)
                    image.files[inner] = file.kept(cut.survival, &own)
                }
            }
        }
        return image
    }
}
