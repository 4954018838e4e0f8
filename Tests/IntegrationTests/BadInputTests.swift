import AgentTestKit
import Records
import Testing
import Uplinks

/// What people, devices and brokers can do wrong, and what the agent says of it.
struct BadInputTests {
    @Test(arguments: ["run", "check"])
    func `P5 a configuration that is wrong anywhere ends the command with 78 and every error`(verb: String)
        async throws
    {
        let folder = try TemporaryFolder("bad")
        try folder.write("rubbish.pem", "this is no certificate\n")
        try folder.write("empty", "")
        let path = try folder.write(
            "millrace.toml",
            """
            [gateway]
            id = "gw"
            [log]
            path = "\(folder.file("log"))"
            capacity = "512 megs"
            commit_linger = "50 moments"
            [mqtt.floor]
            url = "mqtts://127.0.0.1"
            topics = ["sensors/#/x", "a+"]
            baud = 9600
            user = "joe"
            tls = { ca = "rubbish.pem", certificate = "nowhere.pem" }
            username = "joe"
            password_file = "empty"
            [serial.air]
            port = "/dev/ttyUSB0"
            boud = 9600
            parity = "sometimes"
            [uplinks.central]
            url = "mqtt://127.0.0.1"
            topic = "gateways/+/{topic}"
            retry_max = "5 parsecs"
            """)
        let result = try await Command.run(verb, "--config", path)
        #expect(result.ending == .exited(78))
        for part in [
            "\(path):5: log.capacity: \"512 megs\"", "\(path):6: log.commit_linger: \"50 moments\"",
            "\(path):9: mqtt.floor.topics", "\(path):10: mqtt.floor: unknown key \"baud\"",
            "\(path):11: mqtt.floor: unknown key \"user\"; did you mean \"username\"?",
            "rubbish.pem holds no certificate in PEM form", "nowhere.pem", "\(folder.file("empty")) is empty",
            "\(path):17: serial.air: unknown key \"boud\"; did you mean \"baud\"?",
            "\(path):18: serial.air.parity: \"sometimes\"", "\(path):21: uplinks.central.topic",
            "\(path):22: uplinks.central.retry_max: \"5 parsecs\"",
        ] {
            #expect(result.output.contains(part), "\(part) is not in:\n\(result.output)")
        }
    }

    @Test(arguments: ["run", "check"])
    func `P5 a configuration that is not there or is no TOML ends the command with 78 and its path`(verb: String)
        async throws
    {
        let folder = try TemporaryFolder("bad")
        let missing = try await Command.run(verb, "--config", folder.file("nowhere.toml"))
        #expect(missing.ending == .exited(78))
        #expect(missing.output.contains(folder.file("nowhere.toml")), "\(missing.output)")
        let path = try folder.write("millrace.toml", "[log\npath = 1\n")
        let broken = try await Command.run(verb, "--config", path)
        #expect(broken.ending == .exited(78))
        #expect(broken.output.contains("\(path):1"), "\(broken.output)")
        let folderInstead = try await Command.run(verb, "--config", folder.path)
        #expect(folderInstead.ending == .exited(78))
    }

    @Test func `an argument that is wrong ends the command with 64`() async throws {
        #expect(try await Command.run("run", "--confg", "x").ending == .exited(64))
        #expect(try await Command.run("walk").ending == .exited(64))
        #expect(try await Command.run("--version").ending == .exited(0))
    }

    @Test func `P4 a folder that cannot be used for the log is told with its path, and ends the command with 74`()
        async throws
    {
        let folder = try TemporaryFolder("bad")
        let file = try folder.write("file", "x")
        let path = try folder.write(
            "millrace.toml",
            "log.path = \"\(file)/log\"\n[serial.air]\nport = \"/dev/nowhere\"\n")
        let result = try await Command.run("run", "--config", path)
        #expect(result.ending == .exited(74), "\(result.output)")
        #expect(result.output.contains("\(file)/log"), "\(result.output)")
    }

    @Test func `P8 a payload over the limit is refused and told once, and what is around it arrives`() async throws {
        var options = RunningAgent.Options()
        options.isInMemory = true
        options.sourceLines = ["payload_max = \"1KiB\""]
        let agent = try await RunningAgent(options)
        let (sensor, inbox) = (try await Sensor(agent.floor), try await CentralInbox(agent.centre))
        try agent.start()
        try await agent.waitUntilReceiving()
        try await sensor.publish(0..<5)
        try await sensor.publish(topic: "sensors/large", payload: Array(repeating: 0x61, count: 1025))
        // Too large for MQTT's own limit that the agent asked for: the broker drops it.
        try await sensor.publish(topic: "sensors/huge", payload: Array(repeating: 0x61, count: 1 << 20))
        try await sensor.publish(5..<10)
        #expect(await inbox.receives(0..<10), "\(agent.logText)")
        #expect(inbox.numbers == Array(0..<10))
        // After a restart it would come again if it had not been acknowledged.
        #expect(try await agent.stop() == .exited(0))
        try agent.start()
        try await agent.waitUntilReceiving()
        try await sensor.publish(10..<15)
        #expect(await inbox.receives(10..<15))
        let words = "a message on sensors/large was refused: its payload of 1025 bytes is over the limit of 1024"
        #expect(agent.logText.components(separatedBy: words) == 2, "\(agent.logText)")
        #expect(try await agent.stop() == .exited(0))
    }

    @Test func `no secret is in any line of the log, at the finest level, whatever the brokers say`() async throws {
        let secret = "correct-horse-battery"
        var floor = Broker.Options()
        floor.users = ["agent": secret, "sensor": "x"]
        var centre = Broker.Options()
        centre.users = ["agent": "another one"]
        var options = RunningAgent.Options()
        options.sourceLines = ["username = \"agent\"", "password_file = \"password\""]
        options.uplinkLines = ["username = \"agent\"", "password_file = \"password\""]
        options.tables = ["[logging]", "level = \"trace\""]
        let agent = try await RunningAgent(options, floor: floor, centre: centre)
        try agent.folder.write("password", "\(secret)\n")
        try agent.start()
        try await agent.waitUntilReceiving()
        #expect(await agent.everLogged("Not authorized"), "\(agent.logText)")
        #expect(try await agent.stop() == .exited(0))
        #expect(!agent.logText.contains(secret))
        #expect(!agent.logText.contains("another one"))
        let check = try await Command.run("check", "--config", agent.configuration)
        #expect(check.ending == .exited(0))
        #expect(!check.output.contains(secret))
    }
}

extension String {
    /// How many parts the text falls into where it is cut at `separator`.
    fileprivate func components(separatedBy separator: String) -> Int {
        split(separator: separator, omittingEmptySubsequences: false).count
    }
}
