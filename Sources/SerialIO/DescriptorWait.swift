import CTermios
import Threads

/// Waiting of a thread that has one descriptor and a wakeup, to the nanosecond.
enum DescriptorWait {
    /// What is waited for.
    enum Wish {
        /// Bytes, or a hang-up.
        case input
        /// Room to write, bytes, or a hang-up.
        case inputAndRoom
    }

    /// What ended the wait.
    struct Answer {
        /// There are bytes on the descriptor, or it hung up.
        var isReady: Bool
        /// There is room to write.
        var hasRoom: Bool
        /// The wakeup was given.
        var isWoken: Bool
    }

    /// Waits until the wakeup is given, the descriptor is ready, or the time is over; nil for ever.
    static func wait(_ wakeup: Wakeup, _ descriptor: (Int32, Wish)?, for time: Duration?) -> Answer {
        var nanoseconds: Int64 = -1
        if let time {
            let (seconds, attoseconds) = max(time, .zero).components
            // Rounded up: a wait that ends a moment early would be followed by one of no length.
            nanoseconds = min(seconds, 1_000_000_000) * 1_000_000_000 + (attoseconds + 999_999_999) / 1_000_000_000
        }
        let ready = millrace_line_wait(
            wakeup.descriptor, descriptor?.0 ?? -1, descriptor?.1 == .inputAndRoom ? 1 : 0, nanoseconds)
        return Answer(isReady: ready.input != 0, hasRoom: ready.room != 0, isWoken: ready.wakeup != 0)
    }
}
