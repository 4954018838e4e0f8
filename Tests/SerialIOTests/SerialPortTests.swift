import AgentTestKit
import Foundation
import SerialIO
import Testing

@Suite struct SerialPortTests {
    @Test(arguments: [50, 1200, 9600, 115_200, 250_000, 256_000, 1_234_567, 12_000_000])
    func `any speed is set, and read back`(baud: Int) throws {
        let terminal = try PseudoTerminal()
        let port = try SerialPort(opening: terminal.path, settings: SerialSettings(baud: baud))
        #expect(port.baud == baud)
    }

    @Test func `settings that the driver does not take are refused, not half taken`() throws {
        // A pseudo-terminal has 8 bits and no parity.
        let terminal = try PseudoTerminal()
        for settings in [SerialSettings(dataBits: 7), SerialSettings(parity: .even)] {
            do {
                _ = try SerialPort(opening: terminal.path, settings: settings)
                Issue.record("\(settings) was taken")
            } catch {
                #expect(error.code == .settingsRefused)
                #expect(error.message == "\(terminal.path) cannot run with \(settings): its driver refuses it")
            }
        }
        _ = try SerialPort(
            opening: terminal.path, settings: SerialSettings(stopBits: 2, flowControl: .software))
    }

    @Test func `the line is raw: every byte comes as it was sent, and none goes back`() async throws {
        let terminal = try PseudoTerminal()
        let port = try SerialPort(opening: terminal.path, settings: SerialSettings())
        try terminal.send(0...255 as ClosedRange<UInt8>)
        var received: [UInt8] = []
        let deadline = ContinuousClock.now + .seconds(60)
        while received.count < 256, ContinuousClock.now < deadline {
            withUnsafeTemporaryAllocation(byteCount: 100, alignment: 1) { buffer in
                if case .bytes(let count) = port.read(into: buffer) { received += buffer[..<count] }
            }
        }
        #expect(received == Array(0...255))
        #expect(terminal.received().isEmpty)
    }

    @Test func `nothing to read is not a hang-up, and a hang-up is not nothing to read`() throws {
        let terminal = try PseudoTerminal()
        let port = try SerialPort(opening: terminal.path, settings: SerialSettings())
        withUnsafeTemporaryAllocation(byteCount: 10, alignment: 1) { buffer in
            #expect(port.read(into: buffer) == .nothing)
            terminal.unplug()
            #expect(port.read(into: buffer) == .hungUp)
            #expect(port.read(into: buffer) == .hungUp)
        }
    }

    @Test func `what was received before opening is thrown away`() throws {
        let terminal = try PseudoTerminal()
        try terminal.send("old\n")
        let port = try SerialPort(opening: terminal.path, settings: SerialSettings())
        withUnsafeTemporaryAllocation(byteCount: 10, alignment: 1) { buffer in
            #expect(port.read(into: buffer) == .nothing)
        }
    }

    @Test func `each reason for which a port cannot be opened has its own code and message`() throws {
        func failure(_ path: String) -> SerialPortError? {
            do {
                _ = try SerialPort(opening: path, settings: SerialSettings())
                return nil
            } catch {
                return error
            }
        }
        #expect(failure("/nowhere/ttyUSB0")?.code == .absent)
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("millrace-\(UUID())").path
        try Data().write(to: URL(fileURLWithPath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        #expect(failure(file)?.message == "\(file) is not a serial device")
        #expect(failure("/dev/null")?.code == .notSerial)
        let terminal = try PseudoTerminal()
        let port = try SerialPort(opening: terminal.path, settings: SerialSettings())
        #expect(failure(terminal.path)?.code == .held)
        #expect(port.path == terminal.path)
    }

    @Test func `settings say what is wrong with them`() {
        #expect(SerialSettings().problems.isEmpty)
        let wrong = SerialSettings(baud: 0, dataBits: 9, stopBits: 3, settle: .seconds(61))
        #expect(wrong.problems.count == 4)
        #expect(SerialSettings(baud: 19200, parity: .even).description == "19200 8E1")
    }
}
