import Testing

@testable import MQTTTransport

@Suite struct CommitTriggerTests {
    private func trigger(_ version: MQTTConfiguration.ProtocolVersion = .v5) -> CommitTrigger {
        CommitTrigger(version: version, receiveMaximum: 2000, linger: .milliseconds(50))
    }

    @Test func `half a window is due, the other half travels meanwhile`() {
        let trigger = trigger()
        #expect(!trigger.isDue(messages: 999, bytes: 0, age: .zero))
        #expect(trigger.isDue(messages: 1000, bytes: 0, age: .zero))
        #expect(trigger.hasRoom(messages: 999, bytes: 0))
        #expect(!trigger.hasRoom(messages: 1000, bytes: 0))
    }

    @Test func `bytes and age make a batch due, nothing makes an empty one`() {
        let trigger = trigger()
        #expect(trigger.isDue(messages: 1, bytes: 256 << 10, age: .zero))
        #expect(!trigger.hasRoom(messages: 1, bytes: 256 << 10))
        #expect(trigger.isDue(messages: 1, bytes: 1, age: .milliseconds(50)))
        #expect(!trigger.isDue(messages: 0, bytes: 0, age: .seconds(9)))
    }

    @Test func `in 3_1_1 twenty are due, and what is readable beyond belongs to them`() {
        let trigger = trigger(.v311)
        #expect(trigger.isDue(messages: 20, bytes: 0, age: .zero))
        #expect(trigger.hasRoom(messages: 20, bytes: 0))
    }

    @Test func `a smaller window of the broker is learned and forgotten`() {
        var trigger = trigger()
        for _ in 0..<2 {
            trigger.committed(
                messages: 32, wait: .milliseconds(1), spread: .milliseconds(1), age: .milliseconds(50))
            #expect(trigger.learnedWindow == nil)
        }
        trigger.committed(messages: 32, wait: .milliseconds(1), spread: .milliseconds(1), age: .milliseconds(50))
        #expect(trigger.learnedWindow == 32)
        #expect(trigger.isDue(messages: 32, bytes: 0, age: .milliseconds(2)))
        #expect(!trigger.isDue(messages: 31, bytes: 0, age: .milliseconds(2)))
        trigger.committed(messages: 32, wait: .milliseconds(1), spread: .milliseconds(1), age: .milliseconds(2))
        #expect(trigger.learnedWindow == 32)
        // A batch that did not follow on the acknowledgements: the source is slow, not the window full.
        trigger.committed(messages: 32, wait: .milliseconds(40), spread: .milliseconds(1), age: .milliseconds(2))
        #expect(trigger.learnedWindow == nil)
    }

    @Test func `a steady trickle is no window`() {
        var trigger = trigger()
        for _ in 0..<20 {
            trigger.committed(
                messages: 50, wait: .milliseconds(1), spread: .milliseconds(49), age: .milliseconds(50))
        }
        #expect(trigger.learnedWindow == nil)
    }
}

@Suite struct ReconnectScheduleTests {
    @Test func `the ceiling doubles up to its limit and is reset`() {
        var schedule = ReconnectSchedule(delayMin: .milliseconds(500), delayMax: .seconds(60))
        var generator = SystemRandomNumberGenerator()
        var ceilings: [Duration] = []
        for _ in 0..<10 {
            let ceiling = schedule.ceiling
            ceilings.append(ceiling)
            let delay = schedule.next(using: &generator)
            #expect(delay >= .zero && delay <= ceiling)
        }
        #expect(
            ceilings.map { Int($0 / .milliseconds(1)) }
                == [500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000])
        schedule.reset()
        #expect(schedule.ceiling == .milliseconds(500))
    }

    @Test func `a thousand failures do not overflow`() {
        var schedule = ReconnectSchedule(delayMin: .seconds(1), delayMax: .seconds(60))
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<1000 { _ = schedule.next(using: &generator) }
        #expect(schedule.ceiling == .seconds(60))
    }
}

@Suite struct AcknowledgementWindowTests {
    private func takeAll(_ window: inout AcknowledgementWindow) -> [String] {
        var answers: [String] = []
        while let answer = window.takeAnswered() { answers.append("\(answer.job): \(answer.code)") }
        return answers
    }

    @Test func `answers come out in the order of publishing`() {
        var window = AcknowledgementWindow(capacity: 3)
        for packetID in 1...3 { window.add(packetID: Int32(packetID), job: 7) }
        #expect(!window.hasRoom)
        let second = window.acknowledge(packetID: 2, code: 0)
        #expect(second)
        #expect(takeAll(&window) == [])
        let first = window.acknowledge(packetID: 1, code: 0x97)
        #expect(first)
        #expect(takeAll(&window) == ["7: 151", "7: 0"])
        #expect(window.count == 1)
        #expect(window.hasRoom)
    }

    @Test func `unknown and repeated answers are ignored`() {
        var window = AcknowledgementWindow(capacity: 2)
        let unknown = window.acknowledge(packetID: 1, code: 0)
        #expect(!unknown)
        window.add(packetID: 1, job: 1)
        let known = window.acknowledge(packetID: 1, code: 0)
        let repeated = window.acknowledge(packetID: 1, code: 0x80)
        #expect(known && !repeated)
        #expect(takeAll(&window) == ["1: 0"])
        #expect(window.isEmpty)
    }

    @Test func `the ring goes round`() {
        var window = AcknowledgementWindow(capacity: 4)
        var answers: [String] = []
        for packetID in Int32(1)...1000 {
            window.add(packetID: packetID, job: Int(packetID))
            let isKnown = window.acknowledge(packetID: packetID, code: 0)
            #expect(isKnown)
            if packetID % 3 == 0 { answers += takeAll(&window) }
        }
        #expect(answers == (1...999).map { "\($0): 0" })
        #expect(window.count == 1)
    }
}

@Suite struct LogLineTests {
    @Test func `the DUP flag is read only from the library's own line about a PUBLISH`() {
        func announces(_ line: String, _ clientID: String) -> Bool {
            MosquittoHandle.announcesDuplicate(line, clientIDLength: clientID.utf8.count)
        }
        #expect(announces("Client in received PUBLISH (d1, q1, r0, m1, 'a', ... (9 bytes))", "in"))
        #expect(!announces("Client in received PUBLISH (d0, q1, r0, m1, 'a', ... (9 bytes))", "in"))
        #expect(!announces("Client in received PUBLISH (d0, q1, r0, m1, ' received PUBLISH (d1'", "in"))
        #expect(!announces("Client in sending PUBACK (m1, rc0)", "in"))
        #expect(!announces("", "a client id that is longer than the line"))
    }
}
