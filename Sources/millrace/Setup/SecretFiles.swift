import Glibc
import Synchronization
import Threads

/// Files with secrets that were made beside the configuration, until it is decided whether they are needed.
///
/// They are gone again when the questions end without a configuration, be it by Control-C, and the terminal then shows
/// what is typed.
final class SecretFiles: Sendable {
    /// Where the configuration is, or will be.
    let configuration: String
    private let made = Mutex<[String]>([])

    init(beside configuration: String) { self.configuration = configuration }

    private var directory: String { AgentPlace.directory(of: configuration) }

    /// Puts a secret into a new file that only its owner reads, and the configuration's group where that is another
    /// one than ours.
    ///
    /// - Parameter name: of the file; another one is taken where it is taken, unless it was made here.
    /// - Returns: its name.
    /// - Throws: ``NewFile/Failure``.
    func keep(_ secret: String, as name: String) throws -> String {
        try made.withLock { made in
            let free = Self.names(like: name).first { made.contains($0) || access("\(directory)/\($0)", F_OK) != 0 }
            guard let free else { preconditionFailure("there is always a name that is free") }
            let reader = FileReader(of: configuration)
            try NewFile.write(secret + "\n", to: "\(directory)/\(free)", reader: reader, mode: reader.secretMode)
            if !made.contains(free) { made.append(free) }
            return free
        }
    }

    /// Removes the files that were made here and that no text of a configuration names any more.
    func prune(_ text: String) {
        made.withLock { made in
            for name in made where !text.contains("\"\(name)\"") { unlink("\(directory)/\(name)") }
            made.removeAll { !text.contains("\"\($0)\"") }
        }
    }

    /// Writes the configuration: what ends the program comes before or after, and not between.
    func settle(_ write: () throws -> Void) throws {
        try made.withLock { made in
            try write()
            made = []
        }
    }

    /// `central.password`, `central-2.password`, ...
    private static func names(like name: String) -> some Sequence<String> {
        let dot = name.lastIndex(of: ".") ?? name.endIndex
        return (1...).lazy.map { $0 == 1 ? name : "\(name[..<dot])-\($0)\(name[dot...])" }
    }

    // MARK: Control-C

    private static let wakeup = Wakeup()

    /// From now on, Control-C, SIGTERM and a hang-up leave everything as it was.
    func guardAgainstSignals() {
        guard let wakeup = Self.wakeup else { return }
        var settings = termios()
        let isTerminal = tcgetattr(0, &settings) == 0
        let isGuarded = OwnThread.start(named: "setup-signals") { [settings] in
            var poll = pollfd(fd: wakeup.descriptor, events: Int16(POLLIN), revents: 0)
            while Glibc.poll(&poll, 1, -1) < 1 {}
            var settings = settings
            if isTerminal { tcsetattr(0, TCSANOW, &settings) }
            self.made.withLock { made in
                for name in made { unlink("\(self.directory)/\(name)") }
                printError("\nmillrace: ended; nothing is written")
                _exit(130)
            }
        }
        guard isGuarded else { return }
        for number in [SIGINT, SIGTERM, SIGHUP] { signal(number) { _ in SecretFiles.wakeup?.signal() } }
    }
}
