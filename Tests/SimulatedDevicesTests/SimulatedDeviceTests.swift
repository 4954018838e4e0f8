import AgentTestKit
import DeviceProfiles
import Records
import SerialIO
import Testing

@testable import SimulatedDevices

/// Simulated devices, without a line.
@Suite struct SimulatedDeviceTests {
    private let now = ContinuousClock.now

    @Test func `every profile that speaks by itself has a device whose frames it reads`() throws {
        var kinds: Set<String> = []
        for profile in Devices.all where !profile.samples.isEmpty {
            let device = try SimulatedDevice("it", profile: profile)
            guard device.speaksByItself else { continue }
            kinds.insert("\(profile.framing.kind)".prefix { $0 != "(" }.description)
            let speech = try #require(device.turn(at: .now), "\(profile.name)")
            #expect(!Devices.readings(speech.bytes, profile).isEmpty, "\(profile.name)")
            #expect(device.turn(at: now - .seconds(1)) == nil, "its interval has not passed")
        }
        #expect(kinds.isSuperset(of: ["line", "fixed", "length", "stuffed", "telegram"]))
    }

    @Test func `every request that a profile makes is answered by its device with what the profile takes`() throws {
        var answered = 0
        for profile in Devices.all {
            guard let polled = PolledDevice(name: "it", profile: profile) else { continue }
            let device = try SimulatedDevice("it", profile: profile)
            for request in polled.requests {
                guard case .request(let bytes, let rule) = request.conversation else { continue }
                let speech = try #require(device.answer(to: [0x55] + bytes), "\(profile.name)")
                let frames = Devices.frames(speech.bytes, profile, request: bytes)
                #expect(frames.contains { rule.judge($0) == .answer }, "\(profile.name)")
                answered += 1
            }
            #expect(device.requestCount == polled.requests.count { if case .request = $0.conversation { true } else { false } })
        }
        #expect(answered > 50)
    }

    @Test(arguments: [("eastron-sdm120", "voltage", 229.5), ("xy-md02", "temperature", -12.3), ("xy-md02", "humidity", 55)])
    func `a value that is set in a Modbus device is read with its next answer`(
        name: String, field: String, value: Double
    ) throws {
        let profile = try Devices.library.profile(name)
        let device = try SimulatedDevice("it", profile: profile)
        #expect(device.set(value, of: field))
        let polled = try #require(PolledDevice(name: "it", profile: profile))
        let readings = polled.requests.indices.flatMap { index -> [Reading] in
            guard let request = polled.requestBytes(index), let speech = device.answer(to: request) else { return [] }
            return Devices.readings(speech.bytes, profile, request: request)
        }
        #expect(Devices.number(field, readings) == value)
        #expect(!device.set(1e12, of: "humidity"), "no register holds that")
    }

    @Test(arguments: [("winsen-zh03b", "pm2_5", 37.0), ("dsmr-5", "power_import", 1.234), ("nova-sds011", "pm10", 20.5)])
    func `a value that is set in a frame is read from the next one, and its checksum holds`(
        name: String, field: String, value: Double
    ) throws {
        let profile = try Devices.library.profile(name)
        let device = try SimulatedDevice("it", profile: profile, speaksByItself: true)
        let known = try #require(device.turn(at: .now))
        let before = Devices.readings(known.bytes, profile)
        try #require(before.contains { $0.name == field }, "\(before.map(\.name))")
        #expect(device.set(value, of: field))
        let speech = try #require(device.turn(at: .now + .seconds(60)))
        let after = Devices.readings(speech.bytes, profile)
        #expect(Devices.number(field, after) == value)
        #expect(after.map(\.name) == before.map(\.name))
    }

    @Test func `a register that is not the device's is refused, and so is a function that it does not know`() throws {
        let profile = try Devices.library.profile("xy-md02")
        let device = try SimulatedDevice("it", profile: profile)
        let beyond = ModbusTelegram(content: [1, 4, 0, 2, 0, 2]).bytes(isASCII: false)
        #expect(device.answer(to: beyond)?.bytes == ModbusTelegram(content: [1, 0x84, 2]).bytes(isASCII: false))
        let writing = ModbusTelegram(content: [1, 6, 0, 2, 0, 2]).bytes(isASCII: false)
        #expect(device.answer(to: writing)?.bytes == ModbusTelegram(content: [1, 0x86, 1]).bytes(isASCII: false))
        #expect(device.answer(to: ModbusTelegram(content: [2, 4, 0, 1, 0, 2]).bytes(isASCII: false)) == nil)
        #expect(device.answer(to: Array(beyond.dropLast()) + [0]) == nil, "the CRC does not fit")
    }

    @Test func `each fault does to an answer what it says, and ends when it is taken away`() throws {
        let profile = try Devices.library.profile("xy-md02")
        let device = try SimulatedDevice("it", profile: profile)
        let request = ModbusTelegram(content: [1, 4, 0, 1, 0, 2]).bytes(isASCII: false)
        let well = try #require(device.answer(to: request)?.bytes)
        func answer(_ fault: LineFault?) -> SimulatedDevice.Speech? {
            device.set(fault)
            return device.answer(to: request)
        }
        #expect(answer(.silence) == nil)
        #expect(answer(.echo)?.bytes == request + well)
        #expect(answer(.noise([1, 2]))?.bytes == [1, 2] + well)
        #expect(answer(.truncation(3))?.bytes == Array(well.prefix(3)))
        #expect(answer(.truncation(3))?.isWhole == false)
        #expect(answer(.slowBytes(.milliseconds(5)))?.pause == .milliseconds(5))
        #expect(answer(.delay(.seconds(1)))?.delay == .seconds(1))
        let stranger = try #require(answer(.wrongUnit(7))?.bytes)
        #expect(stranger.first == 7)
        #expect(Devices.frames(stranger, profile).count == 1, "its CRC is that of the other address")
        #expect(answer(.exception(6))?.bytes == ModbusTelegram(content: [1, 0x84, 6]).bytes(isASCII: false))
        #expect(answer(nil)?.bytes == well)
    }

    @Test func `a course is followed turn by turn, and one that names no value of the device is refused`() throws {
        let profile = try Devices.library.profile("xy-md02")
        let device = try SimulatedDevice(
            "it", profile: profile, every: .seconds(1), course: [["temperature": 20], ["temperature": 21]])
        let request = ModbusTelegram(content: [1, 4, 0, 1, 0, 2]).bytes(isASCII: false)
        var seen: [Double?] = []
        for turn in 0..<3 {
            #expect(device.turn(at: .now + .seconds(turn * 10)) == nil, "it is asked")
            let speech = try #require(device.answer(to: request))
            seen.append(Devices.number("temperature", Devices.readings(speech.bytes, profile, request: request)))
        }
        #expect(seen == [20, 21, 20])
        #expect(device.turnCount == 3)
        #expect(throws: SimulationError.self) {
            try SimulatedDevice("it", profile: profile, course: [["pressure": 1]])
        }
    }
}
