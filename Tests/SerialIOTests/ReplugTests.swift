import AgentTestKit
import Foundation
import Records
import SerialIO
import Testing
import Threads

@Suite struct ReplugTests {
    private func timing(rescan: Duration) -> SerialTiming {
        var timing = SerialTiming()
        timing.retryDelays = .milliseconds(1) ... .milliseconds(100)
        timing.rescan = rescan
        timing.restingTime = .milliseconds(2)
        return timing
    }

    private func count(_ folder: String) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: folder).count
    }

    @Test func `a port that is unplugged 1,000 times while it sends is read each time, without a spin or a leak`()
        async throws
    {
        let terminal = try PseudoTerminal()
        let receiver = RecordingReceiver()
        let reader = try SerialReader(
            port: .path(terminal.path), settings: SerialSettings(), framer: FrameCutter(.lines(sizeMax: 100)),
            receiver: receiver, clock: CountingClock(), timing: timing(rescan: .seconds(3600)))
        try reader.start()
        var (files, threads) = (0, 0)
        for round in 0..<1000 {
            try await receiver.wait(states: round * 2 + 1)
            try terminal.send("first \(round)\nsecond \(round)\n")
            try await receiver.wait(frames: round * 2 + 2)
            // The rest of this one is lost with the device.
            try terminal.send("cut \(round)")
            terminal.unplug()
            try await receiver.wait(states: round * 2 + 2)
            if round == 10 { (files, threads) = try (count("/proc/self/fd"), count("/proc/self/task")) }
            try terminal.plugIn()
        }
        try await receiver.wait(states: 2001)
        terminal.unplug()
        try await receiver.wait(states: 2002)
        // Other tests of the process open files and threads of their own.
        #expect(try count("/proc/self/fd") <= files + 50)
        #expect(try count("/proc/self/task") <= threads + 20)
        await reader.stop()
        #expect(receiver.frames == (0..<1000).flatMap { ["first \($0)", "second \($0)"] })
        let counters = reader.counters
        #expect(counters.opens == 1001)
        #expect(counters.hangUps == 1001)
        // Resting, reading, hang-up, and the attempts in between: nothing that grows by itself.
        #expect(counters.waits < 1001 * 30)
        #expect(counters.openAttempts < 1001 * 20)
    }

    @Test func `a device that is plugged in is opened at once, not at the next rescan`() async throws {
        let terminal = try PseudoTerminal(isPluggedIn: false)
        let receiver = RecordingReceiver()
        var timing = timing(rescan: .seconds(3600))
        timing.retryDelays = .milliseconds(1) ... .seconds(3600)
        let reader = try SerialReader(
            port: .path(terminal.path), settings: SerialSettings(), framer: FrameCutter(.lines(sizeMax: 100)),
            receiver: receiver, clock: CountingClock(), timing: timing)
        try reader.start()
        // By now the next attempt is a second away, and the one after it two.
        try await eventually { reader.counters.openAttempts >= 10 }
        try terminal.plugIn()
        try await receiver.wait(states: 2)
        #expect(reader.counters.openAttempts <= 13)
        await reader.stop()
    }

    @Test func `a folder of links that appears with the device is seen`() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("millrace-dev-\(UUID())").path
        let files = FileManager.default
        try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? files.removeItem(atPath: folder) }
        let terminal = try PseudoTerminal()
        let receiver = RecordingReceiver()
        let name = folder + "/serial/by-id/usb-FTDI-1"
        let reader = try SerialReader(
            port: .path(name), settings: SerialSettings(), framer: FrameCutter(.lines(sizeMax: 100)),
            receiver: receiver,
            clock: CountingClock(), tree: DeviceTree(sysfs: folder, devices: folder),
            timing: timing(rescan: .seconds(3600)))
        try reader.start()
        for round in 0..<20 {
            try await receiver.wait(states: round * 2 + 1)
            try files.createDirectory(atPath: folder + "/serial/by-id", withIntermediateDirectories: true)
            try files.createSymbolicLink(atPath: name, withDestinationPath: terminal.path)
            try await receiver.wait(states: round * 2 + 2)
            try files.removeItem(atPath: folder + "/serial")
            terminal.unplug()
            try await receiver.wait(states: round * 2 + 3)
            try terminal.plugIn()
        }
        await reader.stop()
        #expect(reader.counters.opens == 20)
    }

    @Test func `a pattern tells its matches as they come and go`() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("millrace-dev-\(UUID())").path
        let files = FileManager.default
        try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? files.removeItem(atPath: folder) }
        let seen = Gate<[[String]]>([])
        let name = try #require(PortName(folder + "/ttyUSB*"))
        #expect(name.isPlural)
        let lookout = try PortLookout(
            name, tree: DeviceTree(sysfs: folder, devices: folder), rescan: .seconds(3600)
        ) { matches in seen.change { $0.append(matches) } }
        try lookout.start()
        defer { lookout.stop() }
        try await eventually { seen.withLock { $0.last } == [] }
        #expect(files.createFile(atPath: folder + "/ttyUSB1", contents: nil))
        try await eventually { seen.withLock { $0.last } == [folder + "/ttyUSB1"] }
        #expect(files.createFile(atPath: folder + "/ttyACM0", contents: nil))
        #expect(files.createFile(atPath: folder + "/ttyUSB0", contents: nil))
        try await eventually { seen.withLock { $0.last } == [folder + "/ttyUSB0", folder + "/ttyUSB1"] }
        try files.removeItem(atPath: folder + "/ttyUSB1")
        try await eventually { seen.withLock { $0.last } == [folder + "/ttyUSB0"] }
    }
}
