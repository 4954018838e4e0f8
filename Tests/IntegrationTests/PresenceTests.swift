import AgentTestKit
import Testing

/// What the centre sees of a gateway that comes and goes.
struct PresenceTests {
    /// What the centre's broker has kept on the topic; nil where it has nothing.
    private func state(_ agent: RunningAgent) async throws -> String? {
        let folder = try TemporaryFolder("presence")
        let subscriber = try ChildProcess(
            "mosquitto_sub",
            ["-p", "\(agent.centre.port)", "-t", "state/#", "-C", "1", "-W", "1", "-F", "%t %r %p"],
            output: .file(folder.file("output")))
        _ = await subscriber.wait()
        let text = folder.read("output").split(separator: "\n").first.map(String.init)
        return text?.contains("Timed out") == true ? nil : text
    }

    private func becomes(_ expected: String, _ agent: RunningAgent) async throws -> Bool {
        try await eventually { try await state(agent) == expected }
    }

    @Test func `it is online once it is connected, and offline when it is killed or stopped`() async throws {
        var options = RunningAgent.Options()
        options.uplinkLines += [
            "birth = {}",
            "will = { topic = \"state/{gateway}\", payload = \"offline\", retain = true, delay = \"1s\" }",
        ]
        let agent = try await RunningAgent(options)
        let topic = "state/\(RunningAgent.gateway) 1"
        for _ in 1...2 {
            try agent.start()
            #expect(try await becomes("\(topic) online", agent))
            try await agent.kill()
            #expect(try await becomes("\(topic) offline", agent))
        }
        try agent.start()
        #expect(try await becomes("\(topic) online", agent))
        try await agent.stop()
        #expect(try await state(agent) == "\(topic) offline")
        #expect(agent.logText.contains("connected to mqtt://127.0.0.1:\(agent.centre.port)"))
    }

    @Test func `a preset holds for the running agent: a topic that is too deep is rejected with the reason`()
        async throws
    {
        var options = RunningAgent.Options()
        let authority = try await CertificateAuthority()
        let certificate = try await authority.issue("gateway")
        var centre = Broker.Options()
        centre.tls = .init(
            authorityFile: authority.certificateFile, certificate: try await authority.issue("server"),
            requiresClientCertificate: true)
        options.hasUplink = false
        let agent = try await RunningAgent(options, centre: centre)
        let uplink = """

            [uplinks.central]
            preset = "aws-iot"
            url = "mqtts://localhost:\(agent.centre.port)"
            tls = { ca = "\(authority.certificateFile)", certificate = "\(certificate.certificateFile)", \
            key = "\(certificate.keyFile)" }
            """
        try agent.folder.write("millrace.toml", agent.folder.read("millrace.toml") + uplink)
        try agent.start()
        try await agent.waitUntilReceiving()
        let publisher = try ChildProcess(
            "mosquitto_pub",
            ["-p", "\(agent.floor.port)", "-q", "1", "-t", "sensors/2/3/4/5/6/7/8", "-m", "deep"], output: .discarded)
        #expect(await publisher.wait() == .exited(0))
        #expect(await agent.hasLogged("has 10 levels; 8 are allowed"))
        try await agent.stop()
    }
}
