import CTermios
import Glibc

/// An open line that no other program reads: two readers each get a part of the bytes.
///
/// Whoever lets go of it leaves no mark behind: on a line that somebody else holds open, as a console, that of TIOCEXCL
/// would stay, and nobody but root could open the line any more.
struct ClaimedLine: ~Copyable {
    private let file: OwnedDescriptor
    private let isMarked: Bool

    var rawValue: Int32 { file.rawValue }

    /// - Parameter marksPseudoTerminals: a pseudo-terminal keeps the mark for as long as its other side is open, also
    ///   after a crash, so there the lock must do.
    /// - Throws: ``SerialPortError/Code/held`` where somebody else has it.
    init(
        claiming file: consuming OwnedDescriptor, path: String, marksPseudoTerminals: Bool = false
    ) throws(SerialPortError) {
        guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            throw errno == EWOULDBLOCK ? .held(path) : SerialPortError(using: path, errno: errno)
        }
        let isWanted = marksPseudoTerminals || millrace_line_is_pseudo(file.rawValue) != 1
        if isWanted, millrace_line_is_claimed(file.rawValue) == 1 { throw .held(path) }
        // A driver without the mark still has the lock.
        isMarked = isWanted && millrace_line_claim(file.rawValue) == 0
        self.file = file
    }

    deinit {
        if isMarked { _ = millrace_line_release(file.rawValue) }
    }
}
