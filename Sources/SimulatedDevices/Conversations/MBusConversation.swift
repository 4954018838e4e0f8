import DeviceProfiles
import Simulation

/// An M-Bus meter (EN 13757-2): answers the reset of its link, its selection, and the request for its telegram.
struct MBusConversation: DeviceConversation {
    private let address: UInt8
    /// Identification, manufacturer, version and medium, as they stand in its telegram.
    private let identity: [UInt8]
    private let readout: [UInt8]
    private var isSelected = false

    private static let acknowledgement: UInt8 = 0xE5
    private static let networkLayer: UInt8 = 0xFD
    private static let testAddress: UInt8 = 0xFE
    private static let shortSize = 5
    /// 68 0B 0B 68 53 FD 52, eight bytes of the address, checksum, 16.
    private static let selectionSize = 17

    /// - Throws: ``SimulationError`` where no sample is a long telegram.
    init(_ rule: MBusRule, _ samples: SampleFrames) throws(SimulationError) {
        guard let frame = samples.entries.flatMap(\.contents).first(where: { $0.first == 0x68 && $0.count >= 17 })
        else { throw SimulationError("\(samples.profile.name) has no sample of a telegram") }
        address = UInt8(clamping: rule.address)
        readout = Self.readdressed(frame, to: address)
        identity = Array(frame[7..<15])
    }

    mutating func answer(to heard: [UInt8]) -> DeviceAnswer? {
        for start in heard.indices {
            if let answer = short(heard, at: start) ?? selection(heard, at: start) { return answer }
        }
        return nil
    }

    func readdressed(_ answer: [UInt8], to unit: UInt8) -> [UInt8] { Self.readdressed(answer, to: unit) }

    private mutating func short(_ heard: [UInt8], at start: Int) -> DeviceAnswer? {
        guard heard.count - start >= Self.shortSize, heard[start] == 0x10, heard[start + 4] == 0x16 else { return nil }
        let (control, target) = (heard[start + 1], heard[start + 2])
        guard heard[start + 3] == control &+ target else { return nil }
        let place = start..<start + Self.shortSize
        let isMeant = target == address || target == Self.testAddress || target == Self.networkLayer && isSelected
        switch control & ~0x20 {
        case 0x40:
            // A reset of the network layer ends the selection; who was selected says so.
            guard isMeant else { return nil }
            if target == Self.networkLayer { isSelected = false }
            return DeviceAnswer(request: place, bytes: [Self.acknowledgement])
        case 0x5B, 0x5A:
            return isMeant ? DeviceAnswer(request: place, bytes: readout) : nil
        default: return nil
        }
    }

    private mutating func selection(_ heard: [UInt8], at start: Int) -> DeviceAnswer? {
        let head: [UInt8] = [0x68, 0x0B, 0x0B, 0x68]
        guard heard.count - start >= Self.selectionSize, Array(heard[start..<start + 4]) == head,
            heard[start + 5] == Self.networkLayer, heard[start + 6] == 0x52, heard[start + 16] == 0x16
        else { return nil }
        let wanted = heard[start + 7..<start + 15]
        let fits = zip(wanted, identity).allSatisfy { wanted, own in
            (wanted >> 4 == 0xF || wanted >> 4 == own >> 4) && (wanted & 0xF == 0xF || wanted & 0xF == own & 0xF)
        }
        isSelected = fits
        guard fits else { return nil }
        return DeviceAnswer(request: start..<start + Self.selectionSize, bytes: [Self.acknowledgement])
    }

    private static func readdressed(_ frame: [UInt8], to unit: UInt8) -> [UInt8] {
        guard frame.count >= 9, frame[0] == 0x68 else { return frame }
        var frame = frame
        frame[5] = unit
        frame[frame.count - 2] = frame[4..<frame.count - 2].reduce(0, &+)
        return frame
    }
}
