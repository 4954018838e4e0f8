import AgentTestKit
import Records
import Simulation
import Testing

/// Passwords that are replaced on disk while the agent runs.
struct CredentialTests {
    @Test func `P2 passwords that both brokers change, and then the file, cost no record, no order and no restart`()
        async throws
    {
        let secrets = try TemporaryFolder("password")
        try secrets.write("password", "first\n")
        var options = RunningAgent.Options()
        options.isInMemory = true
        let login = ["username = \"gw\"", "password_file = \"\(secrets.file("password"))\""]
        options.sourceLines = login
        options.uplinkLines += login
        var brokers = Broker.Options()
        brokers.isPersistent = true
        brokers.users = ["gw": "first"]
        brokers.lines = ["allow_anonymous true"]
        let agent = try await RunningAgent(options, floor: brokers, centre: brokers)
        let inbox = try await CentralInbox(agent.centre)
        try agent.start()
        try await agent.waitUntilReceiving()
        try await Sensor(agent.floor).publish(0..<100)
        #expect(await inbox.receives(0..<100))

        brokers.users = ["gw": "second"]
        try await agent.centre.restart(with: brokers)
        #expect(await agent.hasLogged("central: no connection: "), "\(agent.logText)")
        try await Sensor(agent.floor).publish(100..<200)
        try await agent.floor.restart(with: brokers)
        try await Sensor(agent.floor).publish(200..<300)
        #expect(Set(inbox.numbers) == Set(0..<100))
        try secrets.write("password", "second\n")
        #expect(await inbox.receives(0..<300, within: .seconds(120)), "\(inbox.summary) \(agent.logText)")
        #expect(inbox.firstArrivals == Array(0..<300))
        #expect(inbox.losses.isEmpty && inbox.failures.isEmpty)
        #expect(!agent.logText.contains("second\n") && !agent.logText.contains("was rejected"))
        #expect(try await agent.stop() == .exited(0))
    }

    @Test func `a certificate that ends soon is told of when the agent starts`() async throws {
        let authority = try await CertificateAuthority()
        let old = try await authority.issue("old", on: "2026-01-01")
        let files = ["ca": authority.certificateFile, "certificate": old.certificateFile, "key": old.keyFile]
        var options = RunningAgent.Options()
        options.isInMemory = true
        options.tables = [
            """
            [uplinks.cloud]
            url = "https://127.0.0.1:1"
            tls = { \(files.map { "\($0) = \"\($1)\"" }.joined(separator: ", ")) }
            """
        ]
        let agent = try await RunningAgent(options)
        try agent.start()
        #expect(
            await agent.hasLogged(
                "uplinks.cloud: tls.certificate is over: \(old.certificateFile), good until 2026-01-02"))
        #expect(!agent.logText.contains("tls.ca"))
        #expect(try await agent.stop() == .exited(0))
    }
}
