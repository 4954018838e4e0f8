import Glibc

/// Wakes a thread that waits in `poll`: a pipe whose read end the thread polls beside its other descriptors.
public final class Wakeup: Sendable {
    /// Becomes readable after ``signal()``, until ``clear()``.
    public let descriptor: Int32
    private let writeEnd: Int32

    /// Nil where the process has no descriptors left.
    public init?() {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        descriptor = ends[0]
        writeEnd = ends[1]
    }

    deinit {
        close(descriptor)
        close(writeEnd)
    }

    /// Wakes the thread, now or at its next `poll`. Safe from any thread and from a signal handler.
    public func signal() {
        var byte: UInt8 = 1
        // A full pipe means that a wake-up is already waiting.
        _ = write(writeEnd, &byte, 1)
    }

    /// Takes all signals given so far.
    public func clear() {
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { buffer in
            while read(descriptor, buffer.baseAddress, buffer.count) > 0 {}
        }
    }
}
