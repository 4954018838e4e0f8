/// The names of all files on disk: those that are sure, and the changes after them that may or may not be there.
struct NameState: Sendable {
    enum Change: Sendable {
        case put(FileNumber, at: FolderEntry, isFolder: Bool)
        case move(FileNumber, from: FolderEntry, to: FolderEntry)
        case remove(FolderEntry)

        var entries: [FolderEntry] {
            switch self {
            case .put(_, let entry, _), .remove(let entry): [entry]
            case .move(_, let old, let new): [old, new]
            }
        }
    }

    typealias Names = [FileNumber: [String: FileNumber]]

    private struct Pending: Sendable {
        let change: Change
        /// Nil where the call never returned: no sync can cover it.
        let ended: Int?
        /// The folders that have yet to be synced before the change is sure; two for a move between folders.
        var unsynced: Set<FileNumber>
    }

    /// Which numbers are folders.
    private(set) var folders: Set<FileNumber> = [.root]
    private var sure: Names = [:]
    private var pending: [Pending] = []

    /// A name that was there before the run.
    mutating func keep(_ entry: FolderEntry, _ number: FileNumber, isFolder: Bool) {
        sure[entry.folder, default: [:]][entry.name] = number
        if isFolder { folders.insert(number) }
    }

    mutating func change(_ change: Change, ended: Int?) {
        if case .put(let number, _, true) = change { folders.insert(number) }
        pending.append(Pending(change: change, ended: ended, unsynced: Set(change.entries.map(\.folder))))
    }

    /// Makes sure what had returned before `moment` in `folder`, or in all folders.
    mutating func cover(_ folder: FileNumber?, before moment: Int) {
        guard !pending.isEmpty, folder.map(folders.contains) ?? true else { return }
        var isChanged = false
        for index in pending.indices {
            guard let ended = pending[index].ended, ended < moment else { continue }
            if let folder {
                isChanged = pending[index].unsynced.remove(folder) != nil || isChanged
            } else {
                pending[index].unsynced = []
                isChanged = true
            }
        }
        guard isChanged else { return }
        // What is sure goes over at once, unless an unsure change of the same name is before it.
        var held: Set<FolderEntry> = []
        var rest: [Pending] = []
        for change in pending {
            if change.unsynced.isEmpty, held.isDisjoint(with: change.change.entries) {
                Self.apply(change.change, to: &sure)
            } else {
                held.formUnion(change.change.entries)
                rest.append(change)
            }
        }
        pending = rest
    }

    /// The names after a power cut, by folder.
    func kept(_ survival: PowerCut.Survival, _ random: inout SeededGenerator) -> Names {
        // Backwards, so that a kept change keeps all earlier ones of the same name.
        var needed: Set<FolderEntry> = []
        var kept: [Change] = []
        for change in pending.reversed() {
            let isKept =
                switch survival {
                case .nothing: false
                case .everything: true
                case .random(let probability): random.isTrue(probability)
                }
            guard isKept || change.unsynced.isEmpty || !needed.isDisjoint(with: change.change.entries) else { continue }
            needed.formUnion(change.change.entries)
            kept.append(change.change)
        }
        var names = sure
        for change in kept.reversed() { Self.apply(change, to: &names) }
        return names
    }

    private static func apply(_ change: Change, to names: inout Names) {
        switch change {
        case .put(let number, let entry, _): names[entry.folder, default: [:]][entry.name] = number
        case .move(let number, let old, let new):
            names[old.folder]?[old.name] = nil
            names[new.folder, default: [:]][new.name] = number
        case .remove(let entry): names[entry.folder]?[entry.name] = nil
        }
    }
}
