import AgentTestKit
import LogStore
import Records
import Testing

@testable import Agent

/// What is told, and how often: without an agent, and without waiting.
struct ChangeFinderTests {
    /// A link, a device and a reading, looked at once a second.
    private struct Scene {
        var finder = ChangeFinder(atMilliseconds: 0)
        let clock = ManualClock(bootMilliseconds: 0)

        mutating func look(
            _ kind: AgentSighting.Subject.Kind, isWell: Bool?, onsets: UInt64? = nil, losses: [RingLog.Loss] = []
        ) -> [String] {
            clock.advance(milliseconds: 1000)
            var sighting = AgentSighting(clock: clock.read())
            sighting.parts = ["serial.air"]
            sighting.losses = losses
            if let isWell {
                let subject = AgentSighting.Subject(kind: kind, part: "serial.air", name: "x")
                sighting.conditions = [
                    AgentSighting.Condition(subject: subject, isWell: isWell, onsets: onsets) { isWell in
                        AgentEvent(isWell ? .linkUp : .linkDown, of: "serial.air", isWell ? "up" : "down")
                    }
                ]
            }
            return finder.events(from: sighting).map { event in
                let changes = event.details.first { $0.name == "changes" }.map { " \($0.value)" } ?? ""
                return event.kind.rawValue + changes
            }
        }

        mutating func look(_ kind: AgentSighting.Subject.Kind, _ states: [Bool]) -> [String] {
            states.flatMap { look(kind, isWell: $0) }
        }
    }

    @Test func `a link is told when it comes, when it goes, and when it does not come for ten seconds`() {
        var scene = Scene()
        #expect(scene.look(.link, isWell: true) == ["link-up"])
        #expect(scene.look(.link, isWell: true) == [])
        #expect(scene.look(.link, isWell: false) == ["link-down"])
        scene = Scene()
        #expect(scene.look(.link, [Bool](repeating: false, count: 10)) == [])
        #expect(scene.look(.link, isWell: false) == ["link-down"])
        #expect(scene.look(.link, isWell: true) == ["link-up"])
    }

    @Test func `that a device speaks from the start is no news, that it is silent is`() {
        var scene = Scene()
        #expect(scene.look(.device, [true, true]) == [])
        #expect(scene.look(.device, [false, false, true]) == ["link-down", "link-up"])
        scene = Scene()
        #expect(scene.look(.device, isWell: false) == ["link-down"])
    }

    @Test func `P6 what flaps for an hour is told about once a minute, and in the end as it is`() {
        var scene = Scene()
        var told: [String] = []
        for second in 0..<3600 { told += scene.look(.link, isWell: second % 2 == 0) }
        #expect(told.count < 70, "\(told.count)")
        told += scene.look(.link, [Bool](repeating: true, count: 130))
        #expect(told.last?.hasPrefix("link-up") == true, "\(told.suffix(3))")
        #expect(told.contains { $0.contains("integer(") }, "the changes between are counted")
        #expect(scene.look(.link, [Bool](repeating: true, count: 130)) == [])
    }

    @Test func `a reading that left its range and came back between two looks is told`() {
        var scene = Scene()
        #expect(scene.look(.range, isWell: true, onsets: 1) == ["link-down", "link-up"])
        #expect(scene.look(.range, isWell: true, onsets: 1) == [])
        #expect(scene.look(.range, isWell: false, onsets: 2) == ["link-down"])
        #expect(scene.look(.range, isWell: true, onsets: 2) == ["link-up"])
        #expect(scene.look(.range, isWell: true, onsets: 3) == ["link-down", "link-up"])
        #expect(scene.look(.range, isWell: true, onsets: 4) == [], "four at once are enough")
    }

    @Test func `a port of several that has gone is a link that is down, once`() {
        var scene = Scene()
        #expect(scene.look(.link, isWell: true) == ["link-up"])
        #expect(scene.look(.link, isWell: nil) == ["link-down"])
        #expect(scene.look(.link, isWell: nil) == [])
        #expect(scene.look(.link, isWell: true) == ["link-up"])
    }

    @Test func `P3 lost records are told as they grow, those of earlier runs are not told again`() {
        var scene = Scene()
        func losses(_ count: UInt64) -> [RingLog.Loss] {
            [RingLog.Loss(uplink: UplinkName("a")!, stream: .telemetry, records: count, newest: nil)]
        }
        #expect(scene.look(.link, isWell: nil, losses: losses(7)) == [])
        #expect(scene.look(.link, isWell: nil, losses: losses(9)) == ["records-lost"])
        #expect(scene.look(.link, isWell: nil, losses: losses(9)) == [])
        // A replay brings records back.
        #expect(scene.look(.link, isWell: nil, losses: losses(3)) == [])
        #expect(scene.look(.link, isWell: nil, losses: losses(4)) == ["records-lost"])
    }

    @Test func `a clock that is set is told, a correction is not`() {
        var scene = Scene()
        scene.clock.change { $0.isSynchronised = false }
        #expect(scene.look(.link, isWell: nil) == [])
        scene.clock.change { $0.wallMilliseconds += 500 }
        #expect(scene.look(.link, isWell: nil) == [])
        scene.clock.change { $0.wallMilliseconds += 86_400_000 }
        #expect(scene.look(.link, isWell: nil) == ["clock-set"])
        scene.clock.change { $0.isSynchronised = true }
        #expect(scene.look(.link, isWell: nil) == ["clock-set"])
        #expect(scene.look(.link, isWell: nil) == [])
    }

    @Test func `an event is a JSON object with its details, whatever is in its words`() {
        var event = AgentEvent(.linkDown, of: "serial.air", "a \"port\"\n", details: [.init("link", "/dev/x")])
        event.device = "air"
        event.details += [.init("changes", 3), .init("value", 1.5)]
        var writer = JSONWriter()
        event.encode(into: &writer)
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == #"{"event":"link-down","part":"serial.air","device":"air","text":"a \"port\"\n","#
                + #""link":"/dev/x","changes":3,"value":1.5}"#)
    }
}
