import SerialIO
import Testing

/// Frames with start marks: of one size, and with a length.
@Suite struct BinaryFramingTests {
    static let particles: [UInt8] = [
        0x42, 0x4D, 0x00, 0x1C, 0x00, 0x00, 0x00, 0x08, 0x00, 0x08, 0x00, 0x00, 0x00, 0x08, 0x00, 0x08, 0x00, 0xD2,
        0x00, 0x46, 0x00, 0x2D, 0x00, 0x1E, 0x00, 0x00, 0x00, 0x00, 0x97, 0x00, 0x02, 0xC5,
    ]
    static let dust: [UInt8] = [0xAA, 0xC0, 0x06, 0x00, 0x06, 0x00, 0x58, 0xD9, 0x3D, 0xAB]
    static let carbon: [UInt8] = [0xFF, 0x86, 0x02, 0x7C, 0x42, 0x00, 0x00, 0x00, 0xBA]

    @Test func `a frame of one size is found behind noise, damage and half a frame`() {
        var damaged = Self.dust
        damaged[3] = 1
        var cut = Self.dust
        cut[9] = 0
        expectTold(
            [
                .noise(3), .frame(Self.dust), .skipped(1, .checksum), .noise(9), .skipped(1, .trailer), .noise(9),
                .frame(Self.dust), .skipped(1, .trailer), .noise(4), .frame(Self.dust), .frame(Self.dust),
            ], of: [0, 0xAA, 0] + Self.dust + damaged + cut + Self.dust + Self.dust[..<5] + Self.dust + Self.dust,
            by: FramingRules.sds011)
    }

    @Test func `a start may have bytes that are any`() {
        let rule = FramingRule(.fixed(start: BytePattern([nil, 0x01]), size: 3, trailer: BytePattern([nil])))
        expectTold([.noise(2), .frame([7, 1, 2]), .frame([1, 1, 1])], of: [0, 5, 7, 1, 2, 1, 1, 1, 9], by: rule)
    }

    @Test func `without a start a checksum finds the frame`() {
        let rule = FramingRule(
            .fixed(start: BytePattern(), size: 4, trailer: BytePattern()), checksum: ChecksumRule(.sum8))
        expectTold(
            [.skipped(1, .checksum), .skipped(1, .checksum), .frame([1, 2, 3, 6]), .frame([9, 1, 1, 11])],
            of: [1, 5, 1, 2, 3, 6, 9, 1, 1, 11], by: rule)
    }

    @Test func `a frame of one size may be longer than the limit of others`() {
        let rule = FramingRule(.fixed(start: BytePattern([1]), size: 5000, trailer: BytePattern()), sizeMax: 100)
        let frame = [1] + [UInt8](repeating: 0, count: 4999)
        expectTold([.noise(1), .frame(frame)], of: [0] + frame, by: rule)
    }

    @Test func `a length that no frame has never makes it wait`() {
        let head: [UInt8] = [0x42, 0x4D]
        expectTold(
            [.skipped(1, .length), .noise(3), .skipped(1, .length), .noise(3), .frame(Self.particles)],
            of: head + [0xFF, 0xFF] + head + [0, 0x1D] + Self.particles, by: FramingRules.pms)
    }

    @Test func `a length beyond the limit is too long, and one below its own place is none`() {
        func rule(_ field: LengthField) -> FramingRule {
            FramingRule(.length(start: BytePattern([1]), length: field, trailer: BytePattern()), sizeMax: 10)
        }
        let plain = LengthField(at: 1, width: 1, isLittleEndian: false, add: 0, allowed: .range(0...255))
        expectTold(
            [.skipped(1, .tooLong(max: 10)), .noise(1), .skipped(1, .length), .skipped(1, .length), .noise(1)],
            of: [1, 11, 1, 1, 0], by: rule(plain))
        let huge = LengthField(
            at: 1, width: 4, isLittleEndian: true, times: .max, add: .max, allowed: .range(0 ... .max))
        expectTold([.skipped(1, .length), .noise(4)], of: [1, 255, 255, 255, 255], by: rule(huge))
        let words = LengthField(at: 1, width: 1, isLittleEndian: false, times: 2, add: 2, allowed: .range(2...10))
        expectTold([.frame([1, 2, 9, 9, 9, 9]), .frame([1, 0])], of: [1, 2, 9, 9, 9, 9, 1, 0], by: rule(words))
    }

    @Test func `after a damaged frame only one byte is gone`() {
        expectTold(
            [.skipped(1, .checksum), .noise(19), .frame(Self.particles)],
            of: Self.particles[..<20] + Self.particles, by: FramingRules.pms)
    }

    @Test func `every flipped bit that a checksum covers is refused`() {
        expectEveryFlippedBitRejected(Self.particles, by: FramingRules.pms)
        expectEveryFlippedBitRejected(Self.dust, by: FramingRules.sds011)
        expectEveryFlippedBitRejected(Self.carbon, by: FramingRules.mhz19)
        let ubx: [UInt8] = [0xB5, 0x62, 0x05, 0x01, 0x02, 0x00, 0x06, 0x01, 0x0F, 0x38]
        expectEveryFlippedBitRejected(ubx, by: FramingRule(.telegram(.ubx)))
    }
}
