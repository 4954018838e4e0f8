import Testing
import Threads

@Suite struct GateTests {
    @Test func `changes made by many threads are all there`() {
        let gate = Gate((count: 0, finished: 0))
        for _ in 0..<8 {
            let isStarted = OwnThread.start(named: "counter") {
                for _ in 0..<1000 { gate.withLock { $0.count += 1 } }
                gate.change { $0.finished += 1 }
            }
            #expect(isStarted)
        }
        let count = gate.wait { $0.finished == 8 ? $0.count : nil }
        #expect(count == 8000)
    }

    @Test func `a thread that waits goes on when a change lets it`() {
        let gate = Gate([String]())
        #expect(
            OwnThread.start(named: "answer") {
                _ = gate.wait { $0.contains("question") ? true : nil }
                gate.change { $0.append("answer") }
            })
        gate.change { $0.append("question") }
        #expect(gate.wait { $0.count == 2 ? $0 : nil } == ["question", "answer"])
    }

    @Test(arguments: [Duration.zero, .milliseconds(1), .milliseconds(1100)])
    func `a wait for what never comes ends at its deadline`(duration: Duration) {
        let gate = Gate(0)
        let deadline = ContinuousClock.now + duration
        #expect(gate.wait(until: deadline) { $0 == 1 ? $0 : nil } == nil)
        #expect(ContinuousClock.now >= deadline)
    }

    @Test func `what is already so is not waited for, past the deadline either`() {
        let gate = Gate(1)
        #expect(gate.wait(until: .now - .seconds(1)) { $0 } == 1)
    }
}
