import DeviceProfiles
import SerialIO
import Simulation

/// An SDI-12 sensor behind an adapter that passes text on (specification 1.4): it has measured as soon as it is asked to.
struct SDI12Conversation: DeviceConversation {
    private let address: UInt8
    private let values: [UInt8]
    private var hasChecksum = false

    /// - Throws: ``SimulationError`` where no sample has values.
    init(_ rule: SDI12Rule, _ samples: SampleFrames) throws(SimulationError) {
        guard let content = samples.entries.flatMap(\.contents).first(where: { $0.count > 1 }),
            let address = rule.address.utf8.first
        else { throw SimulationError("\(samples.profile.name) has no sample with values") }
        self.address = address
        values = Array(content.dropFirst())
    }

    mutating func answer(to heard: [UInt8]) -> DeviceAnswer? {
        var start = 0
        while let end = heard[start...].firstIndex(of: UInt8(ascii: "!")) {
            let command = heard[start..<end]
            if let begin = command.lastIndex(of: address), let line = line(to: command[(begin + 1)...]) {
                return DeviceAnswer(request: begin..<end + 1, bytes: line + [0x0D, 0x0A])
            }
            start = end + 1
        }
        return nil
    }

    func readdressed(_ answer: [UInt8], to unit: UInt8) -> [UInt8] { [unit] + answer.dropFirst() }

    /// The answer without its end; nil for what is no command of a measurement.
    private mutating func line(to command: ArraySlice<UInt8>) -> [UInt8]? {
        let text = String(decoding: command, as: UTF8.self)
        let count = values.count { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
        switch text.first {
        case nil: return [address]
        case "M", "C":
            hasChecksum = text.dropFirst().first == "C"
            let digits = text.first == "C" && count < 10 ? "0\(count)" : "\(count)"
            return [address] + Array("000\(digits)".utf8)
        case "D": return text == "D0" ? data(hasChecksum) : data(hasChecksum, [])
        case "R": return data(text.dropFirst().first == "C")
        default: return nil
        }
    }

    private func data(_ hasChecksum: Bool, _ values: [UInt8]? = nil) -> [UInt8] {
        let line = [address] + (values ?? self.values)
        guard hasChecksum, let crc = CRC(named: "crc16/arc") else { return line }
        return line + Checksum(ChecksumRule(.crc(crc), encoding: .sdi12)).bytes(of: line)
    }
}
