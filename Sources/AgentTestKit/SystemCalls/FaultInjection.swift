import Glibc

/// A fault that strace makes a program's system calls meet.
///
/// ```swift
/// // The second fdatasync of each thread, and all that follow, fail.
/// FaultInjection(in: ["fdatasync"], .error(EIO), .from(2))
/// ```
public struct FaultInjection: Sendable, Hashable, CustomStringConvertible {
    /// What happens.
    public enum Fault: Sendable, Hashable {
        /// The call does not happen and returns this `errno`.
        case error(Int32)
        /// The signal arrives as the call begins; `SIGKILL` ends the program before the call has an effect.
        case signal(Int32)
        /// The call begins that much later.
        case delayBefore(Duration)
        /// The call happens, and returns that much later.
        case delayAfter(Duration)
        /// The call does not happen and returns this value: with 0 for `fdatasync`, a disk that lies.
        case result(Int)
    }

    /// Which calls meet it. Each thread counts its own, from 1, over all the calls named together.
    public enum Occurrence: Sendable, Hashable {
        /// Every one.
        case always
        /// Only the n-th.
        case only(Int)
        /// The n-th and all later ones.
        case from(Int)
        /// From the first number through the second.
        case range(Int, Int)
        /// The n-th and each `step`-th after it.
        case every(from: Int, step: Int)
    }

    /// The system calls by their Linux names: `fdatasync`, `pwrite64`, `openat`.
    public let calls: [String]
    /// What happens.
    public let fault: Fault
    /// To which of the calls.
    public let occurrence: Occurrence

    /// - Precondition: at least one call, and no number below 1 in `occurrence`.
    public init(in calls: [String], _ fault: Fault, _ occurrence: Occurrence = .always) {
        precondition(!calls.isEmpty, "no system call named")
        self.calls = calls
        self.fault = fault
        self.occurrence = occurrence
    }

    /// strace's option: `inject=fdatasync:error=5:when=2+`.
    public var description: String {
        let what =
            switch fault {
            case .error(let number): "error=\(number)"
            case .signal(let number): "signal=\(number)"
            case .delayBefore(let duration): "delay_enter=\(Self.microseconds(duration))"
            case .delayAfter(let duration): "delay_exit=\(Self.microseconds(duration))"
            case .result(let value): "retval=\(value)"
            }
        let when =
            switch occurrence {
            case .always: ""
            case .only(let number): ":when=\(number)"
            case .from(let number): ":when=\(number)+"
            case .range(let first, let last): ":when=\(first)..\(last)"
            case .every(let first, let step): ":when=\(first)+\(step)"
            }
        return "inject=\(calls.joined(separator: ",")):\(what)\(when)"
    }

    /// The command that runs `command` with `faults` and does not record anything: much faster than a trace, as only
    /// the named calls stop.
    ///
    /// - Parameter paths: only calls on these exact paths, and on descriptors open on them, meet a fault; all calls
    ///   where empty.
    public static func command(
        running command: [String], with faults: [FaultInjection], onlyOn paths: [String] = []
    ) -> [String] {
        let calls = Set(faults.flatMap(\.calls)).sorted().joined(separator: ",")
        return ["strace", "-f", "-qq", "-o", "/dev/null", "--trace=\(calls)"] + filter(faults)
            + faults.flatMap { ["-e", $0.description] } + paths.flatMap { ["-P", $0] } + ["--"] + command
    }

    /// The option that lets untraced calls run at full speed. strace 6.1 injects no signals with it.
    static func filter(_ faults: [FaultInjection]) -> [String] {
        let hasSignal = faults.contains { if case .signal = $0.fault { true } else { false } }
        return hasSignal ? [] : ["--seccomp-bpf"]
    }

    private static func microseconds(_ duration: Duration) -> Int64 {
        duration.components.seconds * 1_000_000 + duration.components.attoseconds / 1_000_000_000_000
    }
}
