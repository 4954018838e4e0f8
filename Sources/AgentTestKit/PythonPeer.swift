import Glibc

/// Programs of others that read what we write: scripts in `Tests/Peers`, run by a Python with their packages.
///
/// `make test` puts that Python into `.build/python`; where there is none, tests that need it are skipped.
public enum PythonPeer {
    /// Why tests are skipped where it is not there.
    public static let absence =
        "no .build/python with what the tests compare with: `.ci/python` makes it where PyPI can be reached"

    /// Whether the packages are there.
    public static var isReady: Bool { access(interpreter, X_OK) == 0 && access("\(home)/installed.txt", R_OK) == 0 }

    /// The interpreter.
    public static var interpreter: String { "\(home)/bin/python3" }

    /// The path of a script.
    public static func script(_ name: String) -> String { "\(root)/Tests/Peers/\(name)" }

    /// Runs a script to its end and gives what it wrote.
    ///
    /// - Throws: `SimulationError` unless it exits with 0; the error shows what it wrote.
    @discardableResult
    public static func run(_ name: String, _ arguments: [String] = []) async throws -> String {
        try await ChildProcess.run(interpreter, ["-B", script(name)] + arguments)
    }

    private static var home: String { "\(root)/.build/python" }

    /// The checkout that this file is in.
    private static var root: String {
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    }
}
