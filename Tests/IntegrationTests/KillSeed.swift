import Glibc

/// Where a test's random moments come from: `MILLRACE_SEED`, or the clock. Said on standard error, so that a failure
/// can be had again.
struct KillSeed {
    let value: UInt64

    init(for test: String) {
        let given = getenv("MILLRACE_SEED").flatMap { UInt64(String(cString: $0)) }
        value = given ?? UInt64(time(nil))
        Self.note("\(test): MILLRACE_SEED=\(value)")
    }

    /// Writes a line to standard error.
    static func note(_ text: String) {
        let bytes = Array("\(text)\n".utf8)
        write(2, bytes, bytes.count)
    }

    /// `MILLRACE_SOAK`, or the count of an ordinary run.
    static func count(_ ordinary: Int) -> Int {
        getenv("MILLRACE_SOAK").flatMap { Int(String(cString: $0)) } ?? ordinary
    }
}
