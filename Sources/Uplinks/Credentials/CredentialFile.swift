import Glibc
import Synchronization

/// A password, key or token in a file, read anew whenever the file has changed.
///
/// The file is looked at each time, which costs one `stat`. A file that can no longer be read is an error: what it held
/// before may have been withdrawn.
public final class CredentialFile: Sendable {
    /// Bytes of such a file at most.
    public static let sizeMax = 64 << 10

    /// What such a file holds.
    public enum Content: Sendable {
        /// One line: a password, a token.
        case line
        /// Text of any number of lines: JSON, a credentials file.
        case text
    }

    /// Where it is.
    public let path: String
    private let content: Content
    private let known = Mutex<(stamp: FileStamp, secret: Secret)?>(nil)

    /// A file that need not be there yet.
    public init(path: String, holding content: Content = .line) {
        self.path = path
        self.content = content
    }

    /// The content without the newline at its end.
    ///
    /// - Throws: ``SigningFailure`` where the file cannot be read, is empty, is no text, or has more lines than it may.
    public func secret() throws(SigningFailure) -> Secret {
        guard let stamp = FileStamp(path: path) else { throw failure("cannot be read: \(errorWords())") }
        if let known = known.withLock({ $0 }), known.stamp == stamp { return known.secret }
        let secret = Secret(try text(of: try read()))
        known.withLock { $0 = (stamp, secret) }
        return secret
    }

    /// Forgets what was read, so that the next call reads the file; whether the file holds something else by now.
    func readAgain() -> Bool {
        let before = known.withLock { known in
            defer { known = nil }
            return known?.secret
        }
        // A file that cannot be read now is reported when it is asked for.
        guard let now = try? secret() else { return false }
        return now != before
    }

    private func text(of file: [UInt8]) throws(SigningFailure) -> String {
        var bytes = file[...]
        if bytes.last == 0x0A { bytes.removeLast() }
        if bytes.last == 0x0D { bytes.removeLast() }
        guard !bytes.isEmpty else { throw failure("is empty") }
        guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
            throw failure("holds no text in UTF-8")
        }
        guard content == .text || !bytes.contains(0x0A) else {
            throw failure("has more than one line; a password or token is one line")
        }
        return text
    }

    private func read() throws(SigningFailure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure("cannot be read: \(errorWords())") }
        defer { Glibc.close(descriptor) }
        var content = [UInt8](repeating: 0, count: Self.sizeMax + 1)
        var count = 0
        while count < content.count {
            let step = content[count...].withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if step < 0, errno == EINTR { continue }
            guard step >= 0 else { throw failure("cannot be read: \(errorWords())") }
            guard step > 0 else { break }
            count += step
        }
        guard count <= Self.sizeMax else { throw failure("is larger than \(Self.sizeMax) bytes") }
        return Array(content[..<count])
    }

    private func failure(_ words: String) -> SigningFailure { SigningFailure("the file \(path) \(words)") }

    private func errorWords() -> String { String(cString: strerror(errno)) }
}
