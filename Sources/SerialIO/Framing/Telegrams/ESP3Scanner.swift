/// EnOcean serial protocol 3: 55, length of data (two bytes) and of optional data, type, CRC of these; data, their CRC.
/// The content is the whole packet.
struct ESP3Scanner: FrameScanner {
    private static let sync: UInt8 = 0x55
    private static let headSize = 6

    private let sizeMax: Int

    init(sizeMax: Int) { self.sizeMax = sizeMax }

    func scan(_ bytes: Span<UInt8>, known: Int, scratch: inout [UInt8]) -> FrameScan {
        guard bytes[0] == Self.sync else {
            return .skip(bytes.firstOffset(of: Self.sync) ?? bytes.count, .noise)
        }
        guard bytes.count >= Self.headSize else { return .needMoreBytes }
        guard isWhole(bytes, 1..<Self.headSize) else { return .skip(1, .checksum) }
        let count = Int(bytes[1]) << 8 + Int(bytes[2]) + Int(bytes[3])
        let size = Self.headSize + count + 1
        guard count > 0 else { return .skip(1, .length) }
        guard size <= sizeMax else { return .skip(1, .tooLong(max: sizeMax)) }
        guard bytes.count >= size else { return .needMoreBytes }
        guard isWhole(bytes, Self.headSize..<size) else { return .skip(1, .checksum) }
        return .frame(size: size, content: 0..<size)
    }

    /// Whether the last of these bytes is the CRC of those before it.
    private func isWhole(_ bytes: Span<UInt8>, _ part: Range<Int>) -> Bool {
        let covered = bytes.extracting(part.lowerBound..<part.upperBound - 1)
        return CRCTable.smbus.checksum(of: covered) == UInt32(bytes[part.upperBound - 1])
    }
}
