import DeviceProfiles
import Simulation

/// A meter with an optical head (IEC 62056-21, 6.3): identifies itself at a sign-on, and sends its readout.
struct IEC62056Conversation: DeviceConversation {
    private let mode: IEC62056Rule.Mode
    private let address: [UInt8]
    private let telegram: [UInt8]
    private let identification: [UInt8]
    private let readout: [UInt8]
    private var isSignedOn = false

    /// A meter begins within 200 to 1500 ms (6.3.14), when both sides have changed their speed.
    private static let reaction = Duration.milliseconds(500)
    private static let acknowledgementSize = 6

    /// - Throws: ``SimulationError`` where no sample is a readout with an identification.
    init(_ rule: IEC62056Rule, _ samples: SampleFrames) throws(SimulationError) {
        mode = rule.mode
        address = Array(rule.address.utf8)
        guard let telegram = samples.entries.map(\.template.bytes).first(where: { $0.first == UInt8(ascii: "/") }),
            let end = telegram.firstIndex(of: 0x0A)
        else { throw SimulationError("\(samples.profile.name) has no sample with an identification") }
        self.telegram = telegram
        identification = Array(telegram[...end])
        readout = Self.block(telegram[(end + 1)...].drop { $0 == 0x0D || $0 == 0x0A })
    }

    mutating func answer(to heard: [UInt8]) -> DeviceAnswer? {
        if isSignedOn, let answer = acknowledged(heard) { return answer }
        guard let start = heard.firstRange(of: [0x2F, 0x3F])?.lowerBound,
            let end = heard[start...].firstRange(of: [0x21, 0x0D, 0x0A])
        else { return nil }
        let wanted = heard[start + 2..<end.lowerBound]
        guard wanted.isEmpty || wanted.elementsEqual(address) else { return nil }
        let place = start..<end.upperBound
        switch mode {
        case .c:
            isSignedOn = true
            return DeviceAnswer(request: place, bytes: identification)
        case .a, .b, .push: return DeviceAnswer(request: place, bytes: telegram)
        }
    }

    /// ACK, 0, the speed, 0 for the readout, CR LF.
    private mutating func acknowledged(_ heard: [UInt8]) -> DeviceAnswer? {
        guard let start = heard.firstRange(of: [0x06, 0x30])?.lowerBound,
            heard.count - start >= Self.acknowledgementSize, heard[start + 3] == 0x30
        else { return nil }
        isSignedOn = false
        return DeviceAnswer(
            request: start..<start + Self.acknowledgementSize, bytes: readout, delay: Self.reaction)
    }

    /// STX, the lines, ETX, and the exclusive or of what is behind STX.
    private static func block(_ lines: ArraySlice<UInt8>) -> [UInt8] {
        let covered = Array(lines) + [0x03]
        return [0x02] + covered + [covered.reduce(0, ^)]
    }
}
