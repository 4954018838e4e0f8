import Glibc

/// Says at once when a device file may have come or gone: inotify on the folders where that shows.
///
/// It only says that something changed there; whoever asks looks again. A system without inotify, or without any
/// watches left, gives no watcher, and a port is then looked for at intervals.
struct PortWatcher: ~Copyable {
    private let file: OwnedDescriptor
    private let folders: [String]

    /// Watches for a port of this name; nil where the system gives no inotify.
    init?(for name: PortName, in tree: DeviceTree) {
        let descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard descriptor >= 0 else { return nil }
        let folders = tree.foldersToWatch(for: name)
        guard Self.arm(descriptor, folders) else {
            close(descriptor)
            return nil
        }
        file = OwnedDescriptor(adopting: descriptor)
        self.folders = folders
    }

    /// What `poll` waits on: readable when something has changed.
    var descriptor: Int32 { file.rawValue }

    /// Takes all changes told so far, and watches folders that have appeared with them. Look for the port afterwards:
    /// what comes later is told again.
    ///
    /// - Returns: false where nothing is watched any more.
    func clear() -> Bool {
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
            while read(file.rawValue, buffer.baseAddress, buffer.count) > 0 {}
        }
        return Self.arm(file.rawValue, folders)
    }

    /// Watches each folder, or the nearest above it that is there: it is the one in which the folder will appear. A
    /// folder that is watched already stays so. udev gives a new device file its group after it has made it, which
    /// IN_ATTRIB tells.
    private static func arm(_ descriptor: Int32, _ folders: [String]) -> Bool {
        let mask = [
            IN_CREATE, IN_MOVED_TO, IN_ATTRIB, IN_DELETE, IN_MOVED_FROM, IN_DELETE_SELF, IN_MOVE_SELF, IN_ONLYDIR,
        ].reduce(UInt32(0)) { $0 | UInt32($1) }
        var isWatching = false
        for folder in folders {
            var path = Substring(folder)
            while true {
                if inotify_add_watch(descriptor, path.isEmpty ? "/" : String(path), mask) >= 0 {
                    isWatching = true
                    break
                }
                guard errno == ENOENT || errno == ENOTDIR, let slash = path.lastIndex(of: "/") else { break }
                path = path[..<slash]
            }
        }
        return isWatching
    }
}
