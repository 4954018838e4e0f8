/// u-blox UBX: B5 62, class, id, length, payload, two checksum bytes (u-blox M8 interface description, 32.2). The
/// content is the whole frame.
struct UBXScanner: FrameScanner {
    private let frames: LengthScanner

    init(sizeMax: Int) {
        frames = LengthScanner(
            start: BytePattern([0xB5, 0x62]),
            length: LengthField(at: 4, width: 2, isLittleEndian: true, add: 8, allowed: .range(8...8 + 0xFFFF)),
            trailer: BytePattern(), checksum: Checksum(ChecksumRule(.fletcher8, from: 2)), sizeMax: sizeMax)
    }

    func scan(_ bytes: Span<UInt8>, known: Int, scratch: inout [UInt8]) -> FrameScan {
        frames.scan(bytes, known: known, scratch: &scratch)
    }
}
