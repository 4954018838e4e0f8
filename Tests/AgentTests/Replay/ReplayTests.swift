import AgentTestKit
import LogStore
import MQTTTransport
import Records
import Testing
import Threads
import Uplinks

@testable import Agent

/// Records that are sent once more, beside what is new.
struct ReplayTests {
    private static let name = UplinkName("a")!

    private static func request(
        from: ReplayRequest.Bound? = nil, to: ReplayRequest.Bound? = nil, isUnfiltered: Bool = false,
        isOfRejected: Bool = false
    ) -> ReplayRequest {
        var request = ReplayRequest(uplink: name, stream: .telemetry, from: from, to: to)
        request.isUnfiltered = isUnfiltered
        request.isOfRejected = isOfRejected
        return request
    }

    private static func replayed(_ uplink: ScriptedUplink) -> [UInt64] {
        uplink.events.compactMap { event in
            guard case .record(let identity, _, .replay) = event else { return nil }
            return identity.position.sequence.rawValue
        }
    }

    private static func live(_ uplink: ScriptedUplink) -> [UInt64] {
        uplink.events.compactMap { event in
            guard case .record(let identity, _, .live) = event else { return nil }
            return identity.position.sequence.rawValue
        }
    }

    private static func finished(_ desk: ReplayDesk) async -> ReplayOutcome? {
        var outcome: ReplayOutcome?
        _ = await eventually {
            outcome = outcome ?? desk.takeFinished().first?.outcome
            return outcome != nil
        }
        return outcome
    }

    @Test func `P2 P3 a replay is sent beside what is new, in order, and moves no cursor and no count`() async throws {
        let uplink = ScriptedUplink()
        let fixture = try ForwardingLog(["a": uplink])
        fixture.append((1...500).map { "\($0)" })
        try await fixture.forwarding {
            let isDone = try await eventually { try fixture.numbers(of: "a").held == 0 }
            #expect(isDone)
            #expect(
                fixture.desk.submit(
                    Self.request(
                        from: .sequence(SequenceNumber(101), of: nil), to: .sequence(SequenceNumber(400), of: nil)),
                    name: "r"))
            fixture.committed.announce()
            for number in 0..<20 { fixture.append(["new \(number)"]) }
            let outcome = await Self.finished(fixture.desk)
            #expect(outcome?.sent == 300 && outcome?.missing == 0 && outcome?.problem == nil)
            let isAllThere = try await eventually { try fixture.numbers(of: "a").held == 0 }
            #expect(isAllThere)
        }
        #expect(Self.replayed(uplink) == Array(101...400))
        #expect(Self.live(uplink) == Array(1...520))
        let numbers = try fixture.numbers(of: "a")
        #expect(numbers.forwarded == 520 && numbers.isBalanced)
    }

    @Test func `what is refused, retried or partly confirmed in a replay is sent until it is done`() async throws {
        let uplink = ScriptedUplink()
        let fixture = try ForwardingLog(["a": uplink])
        fixture.append((1...100).map { "\($0)" })
        try await fixture.forwarding {
            #expect(await eventually { uplink.payloads.count == 100 })
            uplink.answer { batch in
                if batch.first == SequenceNumber(1) { return .confirmThrough(10) }
                if batch.records.contains(where: { $0.sequence == SequenceNumber(50) }) { return .reject(50) }
                return .confirm
            }
            #expect(fixture.desk.submit(Self.request(), name: "r"))
            fixture.committed.announce()
            let outcome = await Self.finished(fixture.desk)
            #expect(outcome?.sent == 99 && outcome?.rejected == 1)
        }
        #expect(Self.replayed(uplink) == Array(1...49) + Array(51...100))
        let numbers = try fixture.numbers(of: "a")
        #expect(numbers.forwarded == 100 && numbers.rejected == 0 && numbers.isBalanced)
    }

    @Test func `P3 rejected records are sent once more, and count as forwarded when they are taken`() async throws {
        let uplink = ScriptedUplink { batch in
            let poison = batch.records.first { [5, 9].contains($0.sequence.rawValue) }
            return poison.map { .reject($0.sequence.rawValue) } ?? .confirm
        }
        let fixture = try ForwardingLog(["a": uplink])
        fixture.append((1...10).map { "\($0)" })
        try await fixture.forwarding {
            let isDone = try await eventually { try fixture.numbers(of: "a").held == 0 }
            #expect(isDone)
            #expect(try fixture.log.rejected(by: Self.name).count == 2)
            uplink.answer { $0.first == SequenceNumber(9) ? .reject(9) : .confirm }
            #expect(fixture.desk.submit(Self.request(isOfRejected: true), name: "r"))
            fixture.committed.announce()
            let outcome = await Self.finished(fixture.desk)
            #expect(outcome?.sent == 1 && outcome?.rejected == 1)
        }
        #expect(Self.replayed(uplink) == [5])
        let numbers = try fixture.numbers(of: "a")
        #expect(numbers.forwarded == 9 && numbers.rejected == 1 && numbers.isBalanced)
        #expect(try fixture.log.rejected(by: Self.name).map(\.position.sequence.rawValue) == [9])
    }

    @Test func `a replay by time takes what was received then, and says nothing of what is between`() async throws {
        let uplink = ScriptedUplink()
        let fixture = try ForwardingLog(["a": uplink])
        var times: [Int64] = []
        for number in 1...30 {
            times.append(fixture.clock.read().wallMilliseconds)
            fixture.append(["\(number)"])
            fixture.clock.advance(milliseconds: 1000)
        }
        try await fixture.forwarding {
            #expect(await eventually { uplink.payloads.count == 30 })
            #expect(
                fixture.desk.submit(Self.request(from: .time(times[9]), to: .time(times[19])), name: "r"))
            fixture.committed.announce()
            #expect(await Self.finished(fixture.desk)?.sent == 10)
        }
        #expect(Self.replayed(uplink) == Array(11...20) || Self.replayed(uplink) == Array(10...19))
        for case .record(_, let previous, .replay) in uplink.events { #expect(previous == nil) }
    }

    @Test func `filters hold for a replay, unless it is asked for without them`() async throws {
        let rules = [FilterRule(topics: [MQTTTopicFilter("#")!], selection: .changes(deadband: 0, atLeast: nil))]
        let uplink = ScriptedUplink()
        let fixture = try ForwardingLog(["a": uplink], filters: rules)
        fixture.append((0..<100).map { "\($0 / 10)" })
        try await fixture.forwarding {
            let isDone = try await eventually { try fixture.numbers(of: "a").held == 0 }
            #expect(isDone)
            for isUnfiltered in [false, true] {
                #expect(fixture.desk.submit(Self.request(isUnfiltered: isUnfiltered), name: "\(isUnfiltered)"))
            }
            fixture.committed.announce()
            let isReplayed = await eventually { Self.replayed(uplink).count == 110 }
            #expect(isReplayed)
        }
        #expect(try fixture.numbers(of: "a").filtered == 90)
    }

    @Test func `a request for what is not there is refused`() async throws {
        let fixture = try ForwardingLog(["a": ScriptedUplink()])
        try await fixture.forwarding {
            let request = ReplayRequest(uplink: Self.name, stream: StreamName("other")!)
            #expect(fixture.desk.submit(request, name: "r"))
            fixture.committed.announce()
            #expect(await Self.finished(fixture.desk)?.problem?.contains("forwards no stream other") == true)
        }
    }

    // MARK: The folder

    @Test func `a request survives in the folder until it is done, and its outcome until it is taken`() throws {
        let folder = try AgentTestKit.TemporaryFolder("replays", isInMemory: true)
        let replays = ReplayFolder(log: folder.path)
        var request = Self.request(from: .time(5), to: .sequence(SequenceNumber(9), of: Epoch(rawValue: 1 << 40)))
        let name = try replays.leave(request)
        #expect(replays.requests().map(\.name) == [name] && replays.requests().map(\.request) == [request])
        request.progress = Position(epoch: Epoch(rawValue: 1 << 40), sequence: SequenceNumber(4))
        replays.save(request, as: name)
        #expect(replays.requests().map(\.request) == [request] && replays.isWaiting(name))
        #expect(replays.takeOutcome(of: name) == nil)
        var outcome = ReplayOutcome()
        outcome.sent = 4
        replays.finish(name, outcome)
        #expect(replays.requests().isEmpty && !replays.isWaiting(name))
        #expect(replays.takeOutcome(of: name) == outcome)
        #expect(replays.takeOutcome(of: name) == nil)
    }

    @Test func `what cannot be read is refused, and a full folder takes no more`() throws {
        let folder = try AgentTestKit.TemporaryFolder("replays", isInMemory: true)
        let replays = ReplayFolder(log: folder.path)
        let name = try replays.leave(Self.request())
        try folder.write("replays/\(name).request", "{\"uplink\":7}")
        #expect(replays.requests().isEmpty)
        #expect(replays.takeOutcome(of: name)?.problem == "the request cannot be read")
        for _ in 0..<ReplayFolder.filesMax { _ = try replays.leave(Self.request()) }
        #expect(throws: ReplayFolder.Failure.self) { _ = try replays.leave(Self.request()) }
    }

    @Test(arguments: ["", "0", "x", "1/2", "00000100000000ab/0", "00000100000000ab/1/2", "-1", "1.5"])
    func `a bound that is none is refused`(text: String) {
        #expect(ReplayRequest.Bound(text) { _ in nil } == nil)
    }
}
