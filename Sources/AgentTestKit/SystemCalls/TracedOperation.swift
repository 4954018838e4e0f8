/// A file or folder inside the followed folder, known by its identity as an inode is: renaming does not change it.
public struct FileNumber: Hashable, Comparable, Sendable, CustomStringConvertible {
    let number: Int

    /// The followed folder itself.
    public static let root = FileNumber(number: 0)

    /// In the order in which the trace met them.
    public static func < (left: FileNumber, right: FileNumber) -> Bool { left.number < right.number }

    /// Only good for messages: `#12`.
    public var description: String { "#\(number)" }
}

/// A name in a folder: what `fsync` of the folder makes durable, apart from what the name stands for.
public struct FolderEntry: Hashable, Sendable {
    /// The folder that holds the name.
    public let folder: FileNumber
    /// The last component of the path, without a slash.
    public let name: String
}

/// One end of a stream socket as the traced process saw it.
public struct TracedConnection: Hashable, Sendable, CustomStringConvertible {
    /// As strace prints it: `TCP:[127.0.0.1:44772->127.0.0.1:1883]`, or `UNIX-STREAM:[17->18]`.
    public let description: String

    /// The TCP port of the other end; nil for other sockets, and for TCP sockets that are not connected.
    public var peerPort: UInt16? {
        guard description.hasPrefix("TCP"), let arrow = description.utf8.lastIndex(of: UInt8(ascii: ">")) else {
            return nil
        }
        let peer = description[arrow...]
        guard let colon = peer.lastIndex(of: ":") else { return nil }
        return UInt16(peer[peer.index(after: colon)...].dropLast())
    }
}

/// One thing that a traced process did to the followed folder, or said to the world.
///
/// A *moment* is the number of a line in strace's log, from 0. strace holds a thread from the line on which its call
/// begins until that line is written, and from the call's end until the line of its end is written; so what one thread
/// did after another thread's call had returned always has the later moment.
public struct TracedOperation: Sendable {
    /// What was done.
    public enum Action: Sendable {
        /// A new, empty file.
        case create(FileNumber, at: FolderEntry)
        /// A new, empty folder.
        case createFolder(FileNumber, at: FolderEntry)
        /// One more name for a file.
        case link(FileNumber, at: FolderEntry)
        /// A file or folder gets another name; what had that name before loses it.
        case rename(FileNumber, from: FolderEntry, to: FolderEntry)
        /// A name goes away: `unlink` or `rmdir`, or a move out of the followed folder.
        case remove(FileNumber, at: FolderEntry)
        /// Bytes into a file, at an offset from its start.
        case write(FileNumber, offset: Int, bytes: [UInt8])
        /// A new length in bytes: shorter cuts, longer fills with zeros.
        case resize(FileNumber, size: Int)
        /// `fsync` or `fdatasync` of a file or folder that returned success.
        case sync(FileNumber)
        /// `fsync` or `fdatasync` that returned an error. What it covered may never reach the disk, even where a later
        /// sync succeeds: the kernel has marked those pages clean.
        case failedSync(FileNumber)
        /// `sync` or `syncfs`.
        case syncAll
        /// Bytes written to a socket.
        case send(TracedConnection, bytes: [UInt8])
        /// Bytes read from a socket.
        case receive(TracedConnection, bytes: [UInt8])
        /// A socket was closed.
        case close(TracedConnection)
        /// Bytes written to standard output (1) or standard error (2).
        case output(descriptor: Int, bytes: [UInt8])
    }

    /// What was done.
    public let action: Action
    /// Thread id, as in strace's log.
    public let thread: Int
    /// The moment at which the call began. Its effect may be there from then on.
    public let began: Int
    /// The moment at which the call had returned; nil where the process ended inside the call.
    public let ended: Int?

    /// Whether the operation changes the followed folder or makes a change durable.
    public var concernsDisk: Bool {
        switch action {
        case .create, .createFolder, .link, .rename, .remove, .write, .resize, .sync, .failedSync, .syncAll: true
        case .send, .receive, .close, .output: false
        }
    }

    /// The moment from which the operation counts: a sync and a read from their end, all others from their beginning.
    /// Nil for one that never came to count.
    public var counted: Int? {
        switch action {
        case .sync, .failedSync, .syncAll, .receive: ended
        default: began
        }
    }
}
