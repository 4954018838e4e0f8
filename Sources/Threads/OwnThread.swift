import Glibc

/// A thread of its own for calls that block: SQLite, termios, libmosquitto. Such calls never run on Swift's shared
/// pool, where two of them would stop a two-core gateway.
public enum OwnThread {
    /// Starts a detached thread that runs `body` once.
    ///
    /// - Parameter name: what `ps -T` and `top -H` show; at most 15 bytes, cut beyond.
    /// - Returns: false where the system would give no thread (`RLIMIT_NPROC`, a pids cgroup); `body` does not run
    ///   then.
    public static func start(named name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, stackSize)
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, &attributes,
            { argument in
                let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
                start.run()
                return nil
            }, start.toOpaque())
        if code != 0 { start.release() }
        return code == 0
    }

    /// The calling thread gives way to the others from now on: where all processors are busy it has a thirtieth of one.
    public static func giveWay() {
        // On Linux 0 is the calling thread. Where it is refused, it is as urgent as the rest.
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 15)
    }

    /// 1 MiB: libmosquitto, OpenSSL and SQLite each stay well below; untouched pages cost nothing.
    private static let stackSize = 1 << 20

    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }

        func run() {
            // Glibc's Swift module has no pthread_setname_np; the kernel's own file does the same.
            let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
            if descriptor >= 0 {
                let bytes = Array(name.utf8.prefix(15))
                _ = write(descriptor, bytes, bytes.count)
                close(descriptor)
            }
            body()
        }
    }
}
