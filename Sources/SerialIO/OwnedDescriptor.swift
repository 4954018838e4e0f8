import Glibc

/// A file descriptor with one owner, who closes it by letting go of it: it cannot be copied, so it cannot be closed
/// twice or forgotten. A serial port that stays open after its device is gone takes the device's name from it.
struct OwnedDescriptor: ~Copyable {
    let rawValue: Int32

    init(adopting descriptor: Int32) {
        precondition(descriptor >= 0)
        rawValue = descriptor
    }

    deinit { close(rawValue) }
}
