import Records

/// A gateway and the sensors around it, made up anew for each body.
struct SampleFleet {
    var random: Generator
    private let gateway: GatewayID
    private let epoch: Epoch
    private var sequence: UInt64
    private var milliseconds: Int64

    private enum Kind: CaseIterable {
        case zigbee, climate, power, relay, plain, machine, cloud, radio, serialAir, meter
    }

    init(random: Generator) {
        var random = random
        let names = [
            "plant\(Int.random(in: 1...30, using: &random))-gw\(Int.random(in: 1...9, using: &random))",
            "gw-00\(Int.random(in: 10...99, using: &random))", "edge-\(String(random.next() >> 40, radix: 16))",
            "millrace-\(String(random.next() >> 32, radix: 16))",
        ]
        gateway = GatewayID(names.randomElement(using: &random) ?? "gw") ?? .unknown
        epoch = Epoch.first(using: &random)
        sequence = UInt64.random(in: 1...10_000_000, using: &random)
        milliseconds = Int64.random(in: 1_767_225_600_000...1_893_456_000_000, using: &random)
        self.random = random
    }

    mutating func batch(records count: Int) -> RecordBatch {
        let kinds = Kind.allCases.shuffled(using: &random).prefix(Int.random(in: 1...3, using: &random))
        let records = (0..<count).map { index in record(kinds[index % kinds.count]) }
        return RecordBatch(gateway: gateway, stream: .telemetry, epoch: epoch, records: records)
    }

    private mutating func record(_ kind: Kind) -> Record {
        sequence += 1
        milliseconds += Int64.random(in: 0...900, using: &random)
        let device = Int.random(in: 1...24, using: &random)
        let (topic, payload, name) = message(kind, device)
        let time = RecordTime(
            wallMilliseconds: milliseconds, quality: .synchronised, boot: BootID(high: 1, low: 1),
            bootMilliseconds: 1)
        let properties = name.map { RecordProperties(contentType: SenMLPack.contentType, device: $0) }
        return Record(
            sequence: SequenceNumber(sequence), topic: topic, payload: Array(payload.utf8)[...], time: time,
            properties: properties)
    }

    /// Topic, payload and, for readings of a serial port, the device.
    private mutating func message(_ kind: Kind, _ device: Int) -> (String, String, String?) {
        switch kind {
        case .zigbee:
            let room = ["kitchen", "hall", "office", "workshop", "storage"][device % 5]
            return (
                "zigbee2mqtt/\(room)_\(device)",
                "{\"battery\":\(whole(60, 100)),\"humidity\":\(number(30, 60, 2)),\"linkquality\":\(whole(20, 255)),"
                    + "\"pressure\":\(number(980, 1040, 1)),\"temperature\":\(number(15, 30, 2)),"
                    + "\"voltage\":\(whole(2800, 3100))}", nil
            )
        case .climate:
            return (
                "tele/tasmota_\(hex(24))/SENSOR",
                "{\"Time\":\"\(clock)\",\"BME280\":{\"Temperature\":\(number(15, 30, 1)),"
                    + "\"Humidity\":\(number(30, 60, 1)),\"DewPoint\":\(number(5, 15, 1)),"
                    + "\"Pressure\":\(number(980, 1040, 1))},\"PressureUnit\":\"hPa\",\"TempUnit\":\"C\"}", nil
            )
        case .power:
            return (
                "tele/plug-\(device)/SENSOR",
                "{\"Time\":\"\(clock)\",\"ENERGY\":{\"Total\":\(number(1, 900, 3)),\"Yesterday\":\(number(0, 9, 3)),"
                    + "\"Today\":\(number(0, 9, 3)),\"Power\":\(whole(0, 2300)),\"ApparentPower\":\(whole(0, 2300)),"
                    + "\"ReactivePower\":\(whole(0, 900)),\"Factor\":\(number(0, 1, 2)),\"Voltage\":\(whole(225, 240)),"
                    + "\"Current\":\(number(0, 10, 3))}}", nil
            )
        case .relay:
            return (
                "shellyplus1pm-\(hex(48))/status/switch:0",
                "{\"id\":0,\"source\":\"timer\",\"output\":\(device % 2 == 0),\"apower\":\(number(0, 900, 1)),"
                    + "\"voltage\":\(number(225, 240, 1)),\"freq\":50.0,\"current\":\(number(0, 4, 3)),"
                    + "\"aenergy\":{\"total\":\(number(0, 90000, 3))},\"temperature\":{\"tC\":\(number(30, 50, 1)),"
                    + "\"tF\":\(number(90, 120, 1))}}", nil
            )
        case .plain:
            let what = ["temperature", "humidity", "co2", "level", "pressure", "state"][device % 6]
            return ("sensors/hall\(device % 4)/\(what)/t\(device)", number(0, 99, 1), nil)
        default:
            return industrial(kind, device)
        }
    }

    private mutating func industrial(_ kind: Kind, _ device: Int) -> (String, String, String?) {
        switch kind {
        case .machine:
            return (
                "factory/line\(device % 5)/pump-\(device)/telemetry",
                "{\"deviceId\":\"pump-\(device)\",\"timestamp\":\(milliseconds),\"speed\":\(whole(0, 3000)),"
                    + "\"flow\":\(number(0, 40, 2)),\"pressure\":\(number(0, 10, 3)),\"temperature\":"
                    + "\(number(20, 80, 1)),\"current\":\(number(0, 16, 2)),\"status\":\"running\",\"alarm\":false}",
                nil
            )
        case .cloud:
            return (
                "v1/devices/\(hex(32))/telemetry",
                "{\"ts\":\(milliseconds),\"values\":{\"temperature\":\(number(15, 30, 2)),"
                    + "\"humidity\":\(number(30, 60, 1)),\"co2\":\(whole(400, 1800)),\"rssi\":-\(whole(40, 110))}}", nil
            )
        case .radio:
            return (
                "application/\(device % 3)/device/\(hex(64))/event/up",
                "{\"deviceInfo\":{\"deviceName\":\"soil-\(device)\",\"devEui\":\"\(hex(64))\"},\"fCnt\":"
                    + "\(whole(0, 60000)),\"fPort\":2,\"rxInfo\":[{\"rssi\":-\(whole(40, 120)),\"snr\":"
                    + "\(number(0, 10, 1))}],\"object\":{\"moisture\":\(number(0, 60, 1)),\"temperature\":"
                    + "\(number(0, 30, 1)),\"battery\":\(number(2, 4, 2))}}", nil
            )
        case .serialAir:
            return serial(
                "air-\(device)",
                [
                    ("pm1_0", "kg/m3", number(1, 9, 0) + "e-09"), ("pm2_5", "kg/m3", number(1, 9, 0) + "e-09"),
                    ("pm10", "kg/m3", number(1, 9, 0) + "e-09"), ("temperature", "Cel", number(15, 30, 1)),
                    ("humidity", "%RH", number(30, 60, 1)), ("co2", "/", "0.000" + whole(400, 999)),
                ])
        default:
            return serial(
                "bus1-\(device)",
                [
                    ("voltage", "V", number(225, 240, 1)), ("current", "A", number(0, 16, 3)),
                    ("active_power", "W", number(0, 3000, 1)), ("apparent_power", "VA", number(0, 3000, 1)),
                    ("power_factor", "/", number(0, 1, 3)), ("frequency", "Hz", number(49, 50, 2)),
                    ("energy_import", "J", whole(1_000_000, 900_000_000)),
                ])
        }
    }

    private mutating func serial(_ device: String, _ readings: [(String, String, String)]) -> (String, String, String?)
    {
        let fields = readings.enumerated().map { index, reading in
            (index == 0 ? "{\"bn\":\"\(gateway)/\(device)/\",\"bt\":\(Double(milliseconds) / 1000)," : "{")
                + "\"n\":\"\(reading.0)\",\"u\":\"\(reading.1)\",\"v\":\(reading.2)}"
        }
        return ("serial/bus1/\(device)", "[\(fields.joined(separator: ","))]", device)
    }

    // MARK: Numbers

    private mutating func whole(_ low: Int, _ high: Int) -> String {
        String(Int.random(in: low...high, using: &random))
    }

    private mutating func number(_ low: Int, _ high: Int, _ places: Int) -> String {
        guard places > 0 else { return whole(low, high) }
        var fraction = ""
        for _ in 0..<places { fraction += whole(0, 9) }
        return whole(low, max(low, high - 1)) + "." + fraction
    }

    private mutating func hex(_ bits: UInt64) -> String {
        let text = String(random.next() >> (64 - bits), radix: 16)
        return String(repeating: "0", count: max(0, Int(bits) / 4 - text.utf8.count)) + text
    }

    private var clock: String {
        let seconds = milliseconds / 1000
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "2026-\(two(seconds / 86_400 % 12 + 1))-\(two(seconds / 86_400 % 28 + 1))T\(two(seconds / 3600 % 24)):"
            + "\(two(seconds / 60 % 60)):\(two(seconds % 60))"
    }
}
