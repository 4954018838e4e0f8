import AgentTestKit
import Testing

/// What the tests with traced agents have in common.
enum PowerCutFixture {
    /// Whether strace is there and may trace: not in every container.
    @Sendable static func canTrace() async -> Bool {
        // Any failure means that it cannot.
        (try? await ChildProcess.run("strace", ["-f", "-qq", "-o", "/dev/null", "true"])) != nil
    }
}
