import Logging
import Simulation
import Testing

@testable import Agent

/// What is remembered of our sessions at brokers.
struct BrokerSessionsTests {
    private let folder: TemporaryFolder
    private let events = RecentEvents()

    init() throws { folder = try TemporaryFolder("sessions") }

    private func sessions() -> BrokerSessions {
        BrokerSessions(log: folder.path, logger: Logger(label: "t") { [events] _ in events.watching(SilentLog()) })
    }

    private func broker(_ url: String, _ clientID: String) throws -> BrokerConfiguration {
        BrokerConfiguration(address: try BrokerAddress(url: url), clientID: clientID)
    }

    @Test(arguments: [
        "", "[", "{}", "[{\"broker\":1}]", "[{\"broker\":\"x\",\"client\":\"a\",\"filters\":[\"b\"]}]", "\u{0}",
    ])
    func `P4 a file that makes no sense is as none, and is written anew`(content: String) throws {
        try folder.write("sessions", content)
        let memory = sessions().memory(of: try broker("mqtt://h", "a"))
        #expect(memory.filters == [])
        memory.remember(["b"])
        #expect(sessions().memory(of: try broker("mqtt://h", "a")).filters == ["b"])
    }

    @Test func `each session is the broker's and the client id's, however the broker is written`() throws {
        let first = sessions()
        first.memory(of: try broker("mqtt://localhost:1883", "a")).remember(["x/#", "$share/g/y"])
        first.memory(of: try broker("mqtt://localhost:1884", "a")).remember(["z"])
        first.memory(of: try broker("mqtt://localhost:1883", "b")).remember(["other"])
        let second = sessions()
        #expect(second.memory(of: try broker("mqtt://127.0.0.1", "a")).filters == ["x/#", "$share/g/y"])
        #expect(second.memory(of: try broker("mqtt://[::1]:1884", "a")).filters == ["z"])
        #expect(second.memory(of: try broker("mqtt://127.0.0.2.example", "a")).filters == [])
        second.memory(of: try broker("mqtt://127.0.0.1", "a")).remember([])
        #expect(!folder.read("sessions").contains("x/#"), "forgotten, not kept empty")
        #expect(sessions().memory(of: try broker("mqtt://localhost", "b")).filters == ["other"])
    }

    @Test func `P6 of many sessions those that changed last are remembered`() throws {
        let all = sessions()
        for number in 0...BrokerSessions.sessionsMax {
            all.memory(of: try broker("mqtt://h", "client-\(number)")).remember(["f"])
        }
        let kept = sessions()
        #expect(kept.memory(of: try broker("mqtt://h", "client-0")).filters == [])
        #expect(kept.memory(of: try broker("mqtt://h", "client-1")).filters == ["f"])
    }

    @Test func `a session that no source reads is told of once, by its client id`() throws {
        let (old, new) = (try broker("mqtt://h", "old"), try broker("mqtt://h", "new"))
        for broker in [old, new] { sessions().memory(of: broker).remember(["f"]) }
        let source = MQTTSourceConfiguration(name: try #require(SourceName("s")), broker: new, routes: [])
        for _ in 0..<3 { sessions().tellOfStrangers(to: [source]) }
        #expect(events.newestFirst.count == 1)
        #expect(
            events.newestFirst.first?.text.contains("mqtt://h:1883 may gather messages for the client id \"old\"")
                == true)
        #expect(sessions().memory(of: old).filters == ["f"], "it may come back")
    }

    @Test func `what cannot be written is told, and holds until the end`() throws {
        let sessions = BrokerSessions(
            log: folder.path + "/nowhere", logger: Logger(label: "t") { [events] _ in events.watching(SilentLog()) })
        let memory = sessions.memory(of: try broker("mqtt://h", "a"))
        memory.remember(["b"])
        #expect(memory.filters == ["b"])
        #expect(events.newestFirst.first?.text.contains("may stay subscribed at its broker: cannot write") == true)
    }
}
