import Simulation
import StrictTOML
import Testing

@testable import Agent

/// Whatever is done to a sound file, the reading ends, and what is wrong is told where it is.
@Suite struct BadInputTests {
    private let text: ConfigurationText

    init() throws {
        text = try ConfigurationText()
        try text.folder.write("p", "secret\n")
        try text.folder.write(
            "x.pem", "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n")
    }

    /// One assignment of each key, except that of inline tables.
    private static let sound = """
        [gateway]
        id = "gw"
        [log]
        path = "data"
        capacity = "64MiB"
        commit_linger = "10ms"
        [logging]
        level = "debug"
        [streams.alarms]
        capacity = "8MiB"
        retention = "7d"
        overflow = "reject-newest"
        priority = 1
        [mqtt.in]
        url = "mqtts://h"
        topics = ["sensors/#", { filter = "alarms/#", stream = "alarms" }]
        version = "5"
        username = "u"
        password_file = "p"
        client_id = "a"
        keepalive = "1m"
        session_expiry = "1d"
        receive_maximum = 100
        payload_max = "64KiB"
        retained = "once"
        stream = "telemetry"
        [mqtt.in.tls]
        ca = "x.pem"
        certificate = "x.pem"
        key = "x.pem"
        [mqtt.in.will]
        topic = "state"
        payload = "gone"
        retain = true
        [serial.air]
        port = "usb:1a86:7523"
        baud = 9600
        data_bits = 8
        parity = "none"
        stop_bits = 1
        flow_control = "none"
        settle = "1s"
        format = "csv"
        columns = ["a:Cel"]
        separator = ";"
        line_end = "lf"
        line_max = "1KiB"
        topic = "air"
        device = "air"
        stream = "telemetry"
        [uplinks.out]
        url = "mqtts://k"
        topic = "up/{stream}"
        format = "cloudevents"
        batch = { records = 10, bytes = "64KiB" }
        compression = "zstd"
        streams = ["telemetry"]
        start = "oldest"
        window = 10
        acknowledgement_timeout = "10s"
        retry_min = "1s"
        retry_max = "10s"
        retain = false
        """

    private var lines: [Substring] { Self.sound.split(separator: "\n") }

    @Test func `the sound file is sound`() throws {
        #expect(text.problems(Self.sound) == [])
        #expect(try text.notes(Self.sound) == [])
    }

    @Test(arguments: ["1979-05-27", "[{ nonsense = [] }]", "{ nonsense = 1 }", "-1.5", "inf"])
    func `a value of the wrong kind is told on its line, whichever key has it`(value: String) {
        for (index, line) in lines.enumerated() {
            guard let equals = line.firstRange(of: " = ") else { continue }
            var changed = lines
            changed[index] = line[..<equals.upperBound] + value
            let found = text.problems(changed.joined(separator: "\n"))
            let place = "\(ConfigurationText.file):\(index + 1): "
            #expect(found.contains { $0.hasPrefix(place) }, "\(changed[index]): \(found)")
        }
    }

    @Test func `a slip in a key is told on its line with the key that was meant`() {
        for (index, line) in lines.enumerated() {
            guard let equals = line.firstRange(of: " = ") else { continue }
            let key = line[..<equals.lowerBound]
            var changed = lines
            changed[index] = key + "x" + line[equals.lowerBound...]
            let found = text.problems(changed.joined(separator: "\n"))
            let place = "\(ConfigurationText.file):\(index + 1): "
            let hint = "unknown key \"\(key)x\"; did you mean \"\(key)\"?"
            #expect(found.contains { $0.hasPrefix(place) && $0.hasSuffix(hint) }, "\(changed[index]): \(found)")
        }
    }

    @Test func `a file that ends anywhere is read or refused`() {
        let bytes = Array(Self.sound.utf8)
        var refused = 0
        for count in stride(from: 0, to: bytes.count, by: 7) {
            let problems = text.problems(String(decoding: bytes[..<count], as: UTF8.self))
            if !problems.isEmpty { refused += 1 }
            #expect(problems.allSatisfy { $0.hasPrefix(ConfigurationText.file + ":") })
        }
        #expect(refused > 50)
    }

    @Test func `a file in which any line is missing is read or refused`() {
        for index in lines.indices {
            var changed = lines
            changed.remove(at: index)
            let problems = text.problems(changed.joined(separator: "\n"))
            #expect(problems.allSatisfy { $0.hasPrefix(ConfigurationText.file + ":") })
        }
    }
}
