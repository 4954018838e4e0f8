import AgentTestKit
import DeviceProfiles
import Records
import SerialIO
import Simulation
import Testing
import Threads

/// The bus master on a pseudo-terminal, with slaves made of software.
@Suite struct ModbusLineTests {
    private final class Receiver: SerialReceiver {
        struct Answer {
            let request: RequestID?
            let content: [UInt8]
        }
        private let heard = Gate<[Answer]>([])
        var answers: [Answer] { heard.withLock { $0 } }

        func received(frame: ArraySlice<UInt8>, bootMilliseconds: Int64) {}
        func received(frame: ArraySlice<UInt8>, answering request: RequestID?, bootMilliseconds: Int64) {
            heard.change { $0.append(Answer(request: request, content: Array(frame))) }
        }
        func skipped(bytes: Int, reason: FrameProblem) {}
        func stateChanged(_ state: SerialPortState) {}
    }

    private struct Line {
        let terminal: PseudoTerminal
        let slaves: ModbusSlaves
        let reader: SerialReader
        let receiver: Receiver
        let ledger: PollLedger

        func close() async {
            await reader.stop()
            slaves.stop()
        }
    }

    /// Units 1 to `count`, each asked for its registers 0 and 1, and 4 and 5.
    private func line(
        units count: UInt8, settings: SerialSettings = SerialSettings(baud: 115_200)
    ) throws -> Line {
        let terminal = try PseudoTerminal()
        let registers = (1...count).map { unit in (unit, (0..<8).map { UInt16(unit) << 8 | UInt16($0) }) }
        let slaves = ModbusSlaves(on: terminal, registers: Dictionary(uniqueKeysWithValues: registers))
        let devices = (1...count).map { unit in
            PolledDevice(
                name: "unit-\(unit)",
                requests: [UInt16(0), 4].map { register in
                    let bytes = ModbusSlaves.request(unit: unit, register: register, count: 2)
                    return PollRequest(
                        .request(bytes, ReplyRule.modbus(bytes)!), every: .milliseconds(50),
                        timeout: .milliseconds(150))
                })
        }
        let ledger = PollLedger(devices: devices.count)
        let receiver = Receiver()
        let reader = try SerialReader(
            port: .path(terminal.path), settings: settings, framer: FrameCutter(FramingRule(.modbusRTU)),
            script: BusMaster(devices: devices, line: BusLine(settings: settings), ledger: ledger),
            receiver: receiver, clock: ManualClock())
        #expect(slaves.start())
        try reader.start()
        return Line(terminal: terminal, slaves: slaves, reader: reader, receiver: receiver, ledger: ledger)
    }

    /// Whether every answer has the registers that its request asked for.
    private func areTrue(_ answers: [Receiver.Answer]) -> Bool {
        answers.allSatisfy { answer in
            guard let request = answer.request else { return false }
            let (unit, first) = (UInt8(request.device + 1), UInt8(request.request * 4))
            return answer.content == [unit, 3, 4, unit, first, unit, first + 1]
        }
    }

    @Test func `P8: a dead Modbus slave does not stop the others on its line`() async throws {
        let line = try line(units: 4)
        line.slaves.set(.silence, of: 2)
        #expect(await eventually { line.receiver.answers.count >= 200 })
        #expect(line.ledger.current.devices[1].replies == 0)
        #expect(line.slaves.requestCount(of: 2) < line.slaves.requestCount(of: 1) / 2)
        line.slaves.set(nil, of: 2)
        #expect(await eventually { line.ledger.current.devices[1].replies >= 20 })
        #expect(line.ledger.current.devices[1].state == .alive)
        await line.close()
        #expect(areTrue(line.receiver.answers))
    }

    @Test(arguments: [
        ModbusSlaves.Fault.wrongUnit(9), .echo, .noise([0x00, 0xFF, 0x02, 0x03]), .truncation(6),
        .slowBytes(.milliseconds(2)), .exception(2), .delay(.milliseconds(170)),
    ])
    func `whatever a slave does, no answer is taken for another`(fault: ModbusSlaves.Fault) async throws {
        let line = try line(units: 3)
        line.slaves.set(fault, of: 2)
        #expect(await eventually { line.receiver.answers.count >= 100 && line.slaves.requestCount(of: 2) >= 3 })
        #expect(
            await eventually {
                let counts = line.ledger.current
                switch fault {
                case .exception: return counts.devices[1].exceptions >= 3
                case .echo, .noise, .slowBytes: return counts.devices[1].replies >= 10
                case .wrongUnit: return counts.strangers >= 2 && counts.devices[1].timeouts >= 2
                case .delay, .silence, .truncation: return counts.devices[1].timeouts >= 2
                }
            })
        await line.close()
        #expect(areTrue(line.receiver.answers))
    }

    @Test func `an echo that the line is known for is dropped before the framer sees it`() async throws {
        var settings = SerialSettings(baud: 115_200)
        settings.hasEcho = true
        let line = try line(units: 2, settings: settings)
        for unit in [UInt8(1), 2] { line.slaves.set(.echo, of: unit) }
        #expect(await eventually { line.receiver.answers.count >= 50 })
        await line.close()
        #expect(areTrue(line.receiver.answers))
        #expect(line.reader.counters.echoBytes >= 50 * 8)
        #expect(line.ledger.current.echoes == 0)
    }

    @Test func `the master goes on where a line comes back`() async throws {
        let line = try line(units: 2)
        for round in 1...5 {
            let before = line.receiver.answers.count
            #expect(await eventually { line.receiver.answers.count >= before + 10 })
            line.terminal.unplug()
            #expect(await eventually { line.reader.counters.hangUps == round })
            try line.terminal.plugIn()
        }
        await line.close()
        #expect(areTrue(line.receiver.answers))
    }
}
