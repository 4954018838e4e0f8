import AgentTestKit
import Glibc
import Records
import Simulation
import Testing
import Uplinks

@testable import Agent

/// What is mended is tried at once, however long the back-off.
struct RetryTimeTests {
    private let folder: TemporaryFolder
    private let now = ContinuousClock.now

    init() throws { folder = try TemporaryFolder("retry") }

    /// The state of a file that was just written anew.
    private func signs(_ text: String?, requests: UInt64 = 0) throws -> RetryTime.Signs {
        let path = folder.file("password")
        if let text {
            // Another file under the same name, as those do who replace a credential in one step.
            try folder.write("new", text)
            #expect(rename(folder.file("new"), path) == 0)
        }
        return RetryTime.Signs(files: [FileStamp(path: path)], requests: requests)
    }

    @Test func `without a failure nothing is waited for, and after one it is the back-off`() {
        var retry = RetryTime(RetryTime.Signs())
        #expect(retry.rest(at: now) == nil)
        retry.wait(.seconds(60), from: now)
        #expect(retry.rest(at: now) == .seconds(60))
        #expect(retry.rest(at: now + .seconds(59)) == .seconds(1))
        #expect(retry.rest(at: now + .seconds(60)) == nil)
        retry.clear()
        #expect(retry.rest(at: now) == nil)
    }

    @Test func `files are looked at every second meanwhile, and another one ends the wait`() throws {
        var retry = RetryTime(try signs("old"))
        retry.wait(.seconds(60), from: now)
        #expect(retry.rest(at: now) == .seconds(1))
        #expect(retry.rest(at: now + .milliseconds(59_500)) == .milliseconds(500))
        let isMended = try retry.isMended(by: signs(nil))
        #expect(!isMended && retry.at != nil, "it is the same as before")
        let isMendedNow = try retry.isMended(by: signs("new"))
        #expect(isMendedNow && retry.rest(at: now) == nil)
        let isMendedTwice = try retry.isMended(by: signs(nil))
        #expect(!isMendedTwice, "once for each change")
    }

    @Test func `what was mended while an attempt was under way counts, too`() throws {
        var retry = RetryTime(try signs("old"))
        let after = try signs("new")
        retry.wait(.seconds(60), from: now)
        let isMended = retry.isMended(by: after)
        #expect(isMended)
    }

    @Test(arguments: ["file", "resume"])
    func `an alarm that is mended does not wait for its hour`(by way: String) async throws {
        let folder = try TemporaryFolder("credential")
        let path = try folder.write("password", "wrong")
        let uplink = ScriptedUplink { _ in .alarm("a wrong password") }
        let hour = Duration.seconds(3600)
        let fixture = try ForwardingLog(
            ["a": uplink], backOff: BackOff.Limits(delayMin: hour, delayMax: hour, alarmDelayMin: hour),
            credentialFiles: [path])
        fixture.append(["1", "2"])
        try await fixture.forwarding {
            let isWaiting = try await eventually { try fixture.forwarder(of: "a").status.retryAt != nil }
            #expect(isWaiting && uplink.calls == 1)
            uplink.answer { _ in .confirm }
            if way == "file" {
                try folder.write("password", "right")
            } else {
                try fixture.forwarder(of: "a").pause(false)
            }
            #expect(await eventually { uplink.payloads.count == 2 })
        }
        // A connection of its own for the attempt.
        #expect(uplink.link == ["resume", "suspend", "resume"])
    }
}
