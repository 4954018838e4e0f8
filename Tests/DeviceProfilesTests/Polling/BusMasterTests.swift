import DeviceProfiles
import SerialIO
import Testing

@Suite struct BusMasterTests {
    private let delay = Duration.milliseconds(20)
    /// Timeout of a request, its eight characters and the silence after it.
    private let timeoutCost = Duration.milliseconds(520)

    @Test func `P8: a dead Modbus slave costs the others one timeout per back-off, and they keep their schedule`() {
        let dead: Set<UInt8> = [2, 5, 7]
        let (line, ledger) = TestModbus.line(of: (1...8).map { TestModbus.device($0) })
        let ran = line.run(until: .seconds(1200)) { request, now in
            dead.contains(request[0]) ? [] : [TestModbus.answer(to: request, value: 1, at: now + delay)]
        }
        #expect(ran)
        for unit in 1...8 as ClosedRange<UInt8> where !dead.contains(unit) {
            let times = line.sent.filter { $0.bytes[0] == unit }.map(\.time)
            // The first seconds are those in which the dead ones are found out.
            let intervals = zip(times.dropFirst(), times).filter { $0.1 > .seconds(20) }.map { $0.0 - $0.1 }
            #expect(intervals.max()! <= .seconds(1) + timeoutCost + delay * 8)
            #expect(times.count >= 1180)
            #expect(ledger.current.devices[Int(unit) - 1].state == .alive)
        }
        for unit in dead {
            let times = line.sent.filter { $0.bytes[0] == unit }.map(\.time)
            // Two at first, then after 1, 2, 4, ... 256, 300, 300 s.
            #expect(times.count <= 2 + 9 + 3)
            #expect(times.count >= 2 + 9)
            let gaps = zip(times.dropFirst(2), times.dropFirst()).map { $0.0 - $0.1 }
            #expect(zip(gaps.dropFirst(), gaps).allSatisfy { $0.0 > $0.1 || $0.0 >= .seconds(300) })
            guard case .silent = ledger.current.devices[Int(unit) - 1].state else {
                Issue.record("unit \(unit) is not silent")
                continue
            }
        }
        #expect(line.delivered.allSatisfy { !dead.contains($0.content[0]) })
    }

    @Test func `a slave that comes back is asked at its own times at once`() {
        let (line, ledger) = TestModbus.line(of: [TestModbus.device(1), TestModbus.device(2, registers: [0, 10, 20])])
        var isDead = true
        let answer: ([UInt8], Duration) -> [VirtualLine.Arrival] = { request, now in
            isDead && request[0] == 2 ? [] : [TestModbus.answer(to: request, value: 1, at: now + .milliseconds(20))]
        }
        #expect(line.run(until: .seconds(100), answer))
        let back = line.sent.count
        isDead = false
        #expect(line.run(until: .seconds(400), answer))
        let times = line.sent[back...].filter { $0.bytes[0] == 2 }.map(\.time)
        let first = times[0]
        // Its three requests, one after the other, and again a second later.
        #expect(times.filter { $0 < first + .seconds(10) }.count >= 30)
        #expect(ledger.current.devices[1].state == .alive)
        #expect(ledger.current.devices[1].consecutiveFailures == 0)
    }

    @Test func `an answer that comes after its time is not taken for the next request`() {
        // Both registers have answers of one shape: only their time tells them apart.
        let (line, ledger) = TestModbus.line(of: [TestModbus.device(1, every: .seconds(2), registers: [0, 10])])
        var count = 0
        let ran = line.run(until: .seconds(60)) { request, now in
            count += 1
            let late = count % 4 == 1 ? Duration.milliseconds(700) : .milliseconds(30)
            return [TestModbus.answer(to: request, value: request[3], at: now + late)]
        }
        #expect(ran)
        for delivered in line.delivered {
            #expect(delivered.content[3] == (delivered.request?.request == 0 ? 0 : 10))
        }
        #expect(ledger.current.devices[0].late > 3)
        #expect(ledger.current.devices[0].timeouts > 3)
        #expect(line.delivered.count > 40)
    }

    @Test(arguments: [600, 900, 1400, 1900])
    func `a slave slower than its timeout never gives one register for another`(milliseconds: Int) {
        let (line, _) = TestModbus.line(of: [TestModbus.device(1, registers: [0, 10, 20]), TestModbus.device(2)])
        let ran = line.run(until: .seconds(900)) { request, now in
            let latency = request[0] == 1 ? Duration.milliseconds(milliseconds) : delay
            return [TestModbus.answer(to: request, value: request[3], at: now + latency)]
        }
        #expect(ran)
        #expect(line.delivered.count > 800)
        for delivered in line.delivered where delivered.request?.device == 0 {
            #expect(delivered.content[3] == UInt8(delivered.request!.request * 10))
        }
    }

    @Test func `a request that a slave ignores does not make it silent, and backs off alone`() {
        let (line, ledger) = TestModbus.line(of: [TestModbus.device(1, registers: [0, 10])])
        let ran = line.run(until: .seconds(600)) { request, now in
            request[3] == 10 ? [] : [TestModbus.answer(to: request, value: 1, at: now + delay)]
        }
        #expect(ran)
        #expect(ledger.current.devices[0].state == .alive)
        // After each of them the device is left alone for as long as the answer might still come.
        #expect(line.delivered.count >= 560)
        #expect(line.sent.filter { $0.bytes[3] == 10 }.count <= 12)
    }

    @Test func `echoes, strangers and exceptions are counted, and none is an answer`() {
        let (line, ledger) = TestModbus.line(of: [TestModbus.device(1), TestModbus.device(2)])
        let ran = line.run(until: .seconds(10)) { request, now in
            let echo = VirtualLine.Arrival(time: now + .milliseconds(9), wire: request, frame: Array(request[..<6]))
            var stranger = TestModbus.answer(to: request, value: 9, at: now + .milliseconds(15))
            stranger.frame?[0] = 77
            let end = now + .milliseconds(25)
            let refusal = VirtualLine.Arrival(time: end, wire: [1, 0x83, 2, 0, 0], frame: [1, 0x83, 2])
            return [echo, stranger, request[0] == 1 ? refusal : TestModbus.answer(to: request, value: 1, at: end)]
        }
        #expect(ran)
        let counts = ledger.current
        #expect(counts.devices.map(\.requests) == [10, 10])
        #expect(counts.devices.map(\.exceptions) == [10, 0])
        #expect(counts.devices.map(\.replies) == [0, 10])
        #expect(counts.devices.map(\.state) == [.alive, .alive])
        #expect(counts.echoes == 20)
        #expect(counts.strangers == 20)
        #expect(line.delivered.allSatisfy { $0.content[0] == 2 && $0.request == RequestID(device: 1, request: 0) })
    }

    @Test func `requests keep the silence of the line and the pause of the device`() {
        var slow = TestModbus.device(1, every: .milliseconds(10))
        slow.pause = .milliseconds(200)
        let (line, _) = TestModbus.line(of: [slow, TestModbus.device(2, every: .milliseconds(10))])
        let ran = line.run(until: .seconds(10)) { [TestModbus.answer(to: $0, value: 1, at: $1 + delay)] }
        #expect(ran)
        let ends = line.delivered.map(\.time)
        for (sent, end) in zip(line.sent.dropFirst(), ends) {
            #expect(sent.time - end >= BusLine.silence(baud: 9600))
        }
        let ofSlow = line.sent.filter { $0.bytes[0] == 1 }.map(\.time)
        #expect(zip(ofSlow.dropFirst(), ofSlow).allSatisfy { $0.0 - $0.1 >= .milliseconds(200) })
        // The other has the line meanwhile.
        #expect(line.sent.count > ofSlow.count * 3)
        #expect(BusLine.silence(baud: 115_200) == .microseconds(1750))
    }

    @Test func `a line that cannot carry all leaves periods out, and everybody gets a turn`() {
        let (line, ledger) = TestModbus.line(of: (1...5).map { TestModbus.device($0, every: .milliseconds(50)) })
        #expect(line.run(until: .seconds(30)) { [TestModbus.answer(to: $0, value: 1, at: $1 + .milliseconds(96))] })
        let counts = (1...5).map { unit in line.sent.filter { Int($0.bytes[0]) == unit }.count }
        #expect(counts.max()! - counts.min()! <= 1)
        #expect(ledger.current.devices.allSatisfy { $0.missedPeriods > 100 && $0.timeouts == 0 })
    }

    @Test func `a line that is never quiet keeps no request waiting for ever`() {
        let (line, _) = TestModbus.line(of: [TestModbus.device(1)])
        for index in 0..<10_000 { line.arrive(.init(time: .milliseconds(index), wire: [0x55], frame: nil)) }
        #expect(line.run(until: .seconds(10)) { _, _ in [] })
        #expect(line.sent.count >= 4)
    }

    @Test func `initialisation comes first and again after a silence, waking up before each request`() {
        var device = TestModbus.device(1)
        var initialisation = PollStep()
        initialisation.send = [0xF0]
        initialisation.expected = BytePattern([0x06])
        initialisation.times = 3
        device.initialisation = [initialisation]
        var wake = PollStep()
        wake.send = [0xFA]
        wake.wait = .milliseconds(50)
        device.wake = [wake]
        var shutdown = PollStep()
        shutdown.send = [0xFF]
        device.shutdown = [shutdown]
        let (line, _) = TestModbus.line(of: [device])
        var isDead = false
        let answer: ([UInt8], Duration) -> [VirtualLine.Arrival] = { request, now in
            switch request.count {
            case _ where isDead: []
            case 1: request == [0xF0] ? [.init(time: now + .milliseconds(5), wire: [0x06], frame: nil)] : []
            default: [TestModbus.answer(to: request, value: 1, at: now + .milliseconds(20))]
            }
        }
        #expect(line.run(until: .milliseconds(2500), answer))
        let first = line.sent.map { $0.bytes[0] }
        #expect(first == [0xF0, 0xFA, 1, 0xFA, 1, 0xFA, 1])
        isDead = true
        #expect(line.run(until: .seconds(30), answer))
        isDead = false
        let back = line.sent.count
        #expect(line.run(until: .seconds(80), answer))
        #expect(line.sent[back...].prefix(3).map { $0.bytes[0] } == [0xF0, 0xFA, 1])
        line.stop()
        #expect(line.run(until: .seconds(90), answer))
        #expect(line.isClosed)
        #expect(line.sent.last?.bytes == [0xFF])
    }

    @Test func `after a hang-up all is asked anew`() {
        let (line, ledger) = TestModbus.line(of: [TestModbus.device(1, every: .seconds(100))])
        #expect(line.run(until: .seconds(5)) { _, _ in [] })
        line.reopen()
        #expect(ledger.current.devices[0].state == .unknown)
        #expect(line.run(until: .seconds(10)) { [TestModbus.answer(to: $0, value: 1, at: $1 + delay)] })
        #expect(line.delivered.count == 1)
    }

    @Test func `a device that also speaks by itself is heard where the line is not a bus`() {
        let ledger = PollLedger(devices: 1)
        var bus = BusLine(settings: SerialSettings())
        bus.hearsOnlyAnswers = false
        let line = VirtualLine(BusMaster(devices: [TestModbus.device(1)], line: bus, ledger: ledger))
        line.arrive(.init(time: .milliseconds(800), wire: [9, 9], frame: [9, 9]))
        #expect(line.run(until: .seconds(1)) { [TestModbus.answer(to: $0, value: 1, at: $1 + delay)] })
        #expect(line.delivered.map(\.request) == [RequestID(device: 0, request: 0), nil])
    }
}
