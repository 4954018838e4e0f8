/// M-Bus frames (EN 60870-5-2, format class FT 1.2): E5; 10 C A sum 16; 68 L L 68 ... sum 16.
struct MBusScanner: FrameScanner {
    private static let marks: [UInt8] = [0xE5, 0x10, 0x68]
    private static let end: UInt8 = 0x16

    func scan(_ bytes: Span<UInt8>, known: Int, scratch: inout [UInt8]) -> FrameScan {
        switch bytes[0] {
        case 0xE5: .frame(size: 1, content: 0..<1)
        case 0x10: frame(bytes, size: 5, covered: 1..<3)
        case 0x68: long(bytes)
        default: .skip(bytes.firstOffset(ofAny: Self.marks) ?? bytes.count, .noise)
        }
    }

    private func long(_ bytes: Span<UInt8>) -> FrameScan {
        guard bytes.count > 1 else { return .needMoreBytes }
        let length = Int(bytes[1])
        // Control, address and CI field are in every frame; the length is there twice.
        guard length >= 3, bytes.count < 3 || bytes[2] == bytes[1], bytes.count < 4 || bytes[3] == 0x68 else {
            return .skip(1, .length)
        }
        return frame(bytes, size: length + 6, covered: 4..<length + 4)
    }

    private func frame(_ bytes: Span<UInt8>, size: Int, covered: Range<Int>) -> FrameScan {
        guard bytes.count >= size else { return .needMoreBytes }
        var sum: UInt8 = 0
        for index in covered { sum &+= bytes[index] }
        guard bytes[size - 2] == sum else { return .skip(1, .checksum) }
        guard bytes[size - 1] == Self.end else { return .skip(1, .trailer) }
        return .frame(size: size, content: 0..<size)
    }
}
