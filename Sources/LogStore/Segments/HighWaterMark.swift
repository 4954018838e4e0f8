import Glibc
import Records

/// How far a stream was committed, noted beside it after each commit: it makes a write-ahead log that lost its end
/// noticeable. Never flushed by itself: docs/decisions/0002.
final class HighWaterMark {
    private static let size = 32
    private static let magic: [UInt8] = Array("MRHW".utf8)
    private let descriptor: Int32

    /// Opens the mark of a stream, making it if absent. A mark that cannot be kept protects nothing, but nothing else
    /// depends on it: the log goes on without.
    init(in folder: Folder) {
        let name = "high-water"
        if folder.kind(of: name) == .other { Salvage(in: folder).quarantine(name) }
        descriptor = open(folder.path(of: name), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// The mark; nil where there is none or it does not agree with its checksum.
    func read() -> Position? {
        var bytes = [UInt8](repeating: 0, count: HighWaterMark.size)
        guard descriptor >= 0, pread(descriptor, &bytes, bytes.count, 0) == bytes.count,
            bytes.starts(with: HighWaterMark.magic)
        else { return nil }
        let content = bytes.span.bytes
        guard
            CRC32C.checksum(content.extracting(0..<28))
                == content.unsafeLoadUnaligned(fromByteOffset: 28, as: UInt32.self).littleEndian
        else { return nil }
        return Position(
            epoch: Epoch(rawValue: content.unsafeLoadUnaligned(fromByteOffset: 8, as: UInt64.self).littleEndian),
            sequence: SequenceNumber(
                content.unsafeLoadUnaligned(fromByteOffset: 16, as: UInt64.self).littleEndian))
    }

    /// Notes that everything up to `position` is on the disk.
    func write(_ position: Position) {
        guard descriptor >= 0 else { return }
        var bytes = HighWaterMark.magic
        bytes.append(littleEndian: UInt32(1))
        bytes.append(littleEndian: position.epoch.rawValue)
        bytes.append(littleEndian: position.sequence.rawValue)
        bytes.append(littleEndian: UInt32(0))
        bytes.append(littleEndian: CRC32C.checksum(bytes.span.bytes))
        pwrite(descriptor, bytes, bytes.count, 0)
    }
}
