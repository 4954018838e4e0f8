import Agent
import Foundation
import Records
import SerialIO

/// A gateway as it may stand in a plant.
extension AgentStatus {
    /// What the tests' page begins with: everything flows.
    static func plant(devices: Int = 3) -> AgentStatus {
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        let boot = BootID(high: 0x5E5B_1F50_9B1C_4A77, low: 0xB11D_2F6D_2A7B_6C11)
        let clock = ClockReading(
            boot: boot, bootMilliseconds: 90_000_000, wallMilliseconds: now, isSynchronised: true)
        var status = AgentStatus(
            gateway: GatewayID("plant7-gw2")!, version: "9.8.7", uptime: .seconds(86_400), clock: ClockStatus(clock),
            process: ProcessStatus(), log: LogStatus(path: "/var/lib/millrace"))
        status.log.lookAge = .milliseconds(400)
        status.log.streams = [stream("telemetry", rate: 412.6), stream("alarms", rate: 0)]
        status.log.medium.device = "mmcblk0p2"
        status.log.medium.writtenPerDay = 1_288_490_188
        status.log.medium.life = .seconds(6680 * 86_400)
        status.log.medium.lifeBasis = "3,000 cycles of 14 GiB"
        var broker = MQTTSourceStatus(name: "shopfloor", address: "127.0.0.1:1883")
        broker.isConnected = true
        broker.isSubscribed = true
        broker.rate = 380.2
        broker.counters.received = 184_223
        status.mqttSources = [broker]
        var port = SerialSourceStatus(name: "bus1", port: "/dev/serial/by-id/usb-FTDI_FT232R-if00-port0")
        var line = SerialLineStatus(port: port.port, state: .open(path: "/dev/ttyUSB0"))
        line.damage.checksum = 3
        line.requests = 91_300
        line.timeouts = 12
        port.lines = [line]
        port.rate = 32.4
        status.serialSources = [port]
        status.devices = (0..<devices).map { device($0, at: clock) }
        status.uplinks = [uplink("central", "mqtt", "mqtts://central.example:8883")]
        status.uplinks[0].certificates = [
            CertificateStatus(
                file: "/etc/millrace/gateway.pem", role: "client", notAfterMilliseconds: now + 211 * 86_400_000)
        ]
        status.events = [
            StatusEvent(wallMilliseconds: now - 9000, level: "notice", part: "uplinks.central", text: "connected")
        ]
        return status
    }

    /// All that can go wrong has gone wrong.
    static func brokenPlant(devices: Int = 20) -> AgentStatus {
        var status = plant(devices: devices)
        let now = status.clock.reading.wallMilliseconds
        status.clock.reading.isSynchronised = false
        status.log.streams[1].problem = "the disk is full"
        status.log.medium.life = .seconds(200 * 86_400)
        status.log.medium.lifeUsedPercent = 92
        status.mqttSources[0].isConnected = false
        status.mqttSources[0].problem = "127.0.0.1:1883 refuses the connection"
        status.mqttSources[0].rate = 0
        status.serialSources[0].lines[0].state = .absent
        for index in status.devices.indices where index % 4 == 1 {
            status.devices[index].state = .silent
            status.devices[index].lastMilliseconds = status.clock.reading.bootMilliseconds - 4_021_000
        }
        status.uplinks[0].state = .failing
        status.uplinks[0].problem = "no route to central.example:8883"
        status.uplinks[0].nextTry = .seconds(23)
        status.uplinks[0].delay = .seconds(349_000)
        status.uplinks[0].streams[0].held = 9_000_000
        status.uplinks[0].streams[0].lost = 312
        status.uplinks[0].certificates[0].notAfterMilliseconds = now - 3 * 86_400_000
        var lake = uplink("lake", "kafka", "k1:9092, k2:9092")
        lake.state = .failing
        lake.isAlarm = true
        lake.problem = "the password is not accepted"
        status.uplinks.append(lake)
        status.losses = [
            LossStatus(
                uplink: UplinkName("central")!,
                range: LostRange(
                    stream: .telemetry, epoch: Epoch(rawValue: 7), first: SequenceNumber(9001),
                    last: SequenceNumber(9312), bytes: 42_744, reason: .overwritten, wallMilliseconds: now - 60_000))
        ]
        status.events.insert(
            StatusEvent(
                wallMilliseconds: now - 500, level: "error", part: "mqtt.shopfloor",
                text: "127.0.0.1:1883 refuses the connection"), at: 0)
        status.problems = [
            StatusProblem(.error, "log", "stream alarms acknowledges nothing: the disk is full"),
            StatusProblem(.error, "mqtt.shopfloor", "127.0.0.1:1883 refuses the connection"),
            StatusProblem(.error, "uplinks.lake", "the password is not accepted"),
            StatusProblem(.warning, "clock", "no time source keeps the clock"),
        ]
        return status
    }

    private static func stream(_ name: String, rate: Double) -> StreamStatus {
        var stream = StreamStatus(name: StreamName(name)!)
        stream.accepted = 18_422_312
        stream.held = 9_120_332
        stream.rate = rate
        stream.size = .mebibytes(384)
        stream.capacity = .mebibytes(512)
        stream.lasts = rate > 0 ? .seconds(351_000) : nil
        stream.history = (0..<60).map { 24_000 + Double($0 % 7) * 100 }
        return stream
    }

    private static func uplink(_ name: String, _ kind: String, _ address: String) -> UplinkStatus {
        var uplink = UplinkStatus(name: UplinkName(name)!, kind: kind, address: address)
        uplink.state = .delivering
        uplink.rate = 412.1
        var stream = UplinkStatus.Stream(
            name: .telemetry, position: Position(epoch: Epoch(rawValue: 7), sequence: SequenceNumber(18_422_310)))
        stream.accepted = 18_422_312
        stream.forwarded = 18_422_310
        stream.held = 2
        uplink.streams = [stream]
        uplink.delay = .milliseconds(200)
        uplink.history = (0..<60).map { 24_000 + Double($0 % 5) * 100 }
        return uplink
    }

    private static func device(_ number: Int, at clock: ClockReading) -> DeviceStatus {
        let kinds: [(name: String, profile: String, readings: [Reading])] = [
            (
                "climate", "xy-md02",
                [
                    Reading(name: "temperature", value: .number(21.6), unit: "Cel"),
                    Reading(name: "humidity", value: .number(44.1), unit: "%RH"),
                    Reading(name: "heater", value: .boolean(true)),
                ]
            ),
            (
                "meter", "eastron-sdm120",
                [
                    Reading(name: "voltage", value: .number(230.4), unit: "V"),
                    Reading(name: "energy", value: .number(10_432.118), unit: "kWh"),
                ]
            ),
        ]
        let kind = kinds[number % 2]
        var device = DeviceStatus(
            name: "\(kind.name)-\(number + 1)", source: "bus1", port: "/dev/ttyUSB0", profile: kind.profile,
            state: .alive)
        device.lastMilliseconds = clock.bootMilliseconds - 400
        device.readings = kind.readings.map { reading in
            var history: [Float] = []
            if case .number(let value) = reading.value {
                history = (0..<48).map { Float(value + Double(($0 * 7 + number) % 11) / 10) }
            }
            return ReadingStatus(reading, bootMilliseconds: clock.bootMilliseconds - 400, history: history)
        }
        return device
    }
}
