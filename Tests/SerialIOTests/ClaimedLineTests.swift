import Glibc
import Simulation
import Testing

@testable import SerialIO

/// Who may open a line while we have it, and afterwards.
@Suite struct ClaimedLineTests {
    private static func open(_ terminal: PseudoTerminal) throws -> OwnedDescriptor {
        let descriptor = Glibc.open(terminal.path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        try #require(descriptor >= 0)
        return OwnedDescriptor(adopting: descriptor)
    }

    /// Whether another program can open the line. Root can in any case, so it is somebody else's, who may not follow
    /// the link in our folder.
    private static func isOpenToOthers(_ terminal: PseudoTerminal) async throws -> Bool {
        let path = try #require(realpath(terminal.path, nil))
        defer { free(path) }
        let nobody = getuid() == 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []
        let command = nobody + ["sh", "-c", "exec 3<>'\(String(cString: path))'"]
        let program = try ChildProcess(command[0], Array(command[1...]))
        return await program.wait(within: .seconds(60)) == .exited(0)
    }

    @Test func `a line that a console holds, too, is ours alone while we have it, and anybody's afterwards`()
        async throws
    {
        let terminal = try PseudoTerminal()
        let console = try Self.open(terminal)
        try #require(chmod(terminal.path, 0o666) == 0)
        for _ in 0..<2 {
            #expect(try await Self.isOpenToOthers(terminal))
            let line = try ClaimedLine(
                claiming: try Self.open(terminal), path: terminal.path, marksPseudoTerminals: true)
            let isOpen = try await Self.isOpenToOthers(terminal)
            #expect(!isOpen && line.rawValue >= 0)
            _ = consume line
        }
        #expect(try await Self.isOpenToOthers(terminal))
        #expect(console.rawValue >= 0)
    }
}
