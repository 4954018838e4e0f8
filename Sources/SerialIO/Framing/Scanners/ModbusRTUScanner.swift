/// Modbus RTU (Modbus over serial line, 2.5.1). Silence between frames cannot be seen through a driver and a USB
/// adapter, so a frame's end is where its length says, proved by its CRC.
///
/// After a request only its reply is a frame: the echo of the request, other units' frames and noise are told apart
/// from it. Without one every reply is.
struct ModbusRTUScanner: FrameScanner {
    /// No frame is longer.
    private static let sizeMax = 256
    private static let crc = Checksum(
        ChecksumRule(.crc(.modbus), encoding: .le))

    private var request: ModbusRequest?
    private var requestBytes: [UInt8] = []

    mutating func expectReply(to request: [UInt8]) {
        requestBytes = request
        self.request = ModbusRequest(request.dropLast(2))
    }

    func scan(_ bytes: Span<UInt8>, known: Int, scratch: inout [UInt8]) -> FrameScan {
        let first = look(bytes, at: 0)
        if case .whole(let size) = first { return .frame(size: size, content: 0..<size - 2) }
        if request != nil, bytes.agrees(with: requestBytes) {
            return bytes.count < requestBytes.count ? .needMoreBytes : .skip(requestBytes.count, .echo)
        }
        // A whole reply further on counts more than what these bytes may become.
        let end = min(bytes.count, Self.sizeMax)
        let reply = first == .none ? nil : (1..<max(1, end)).first { look(bytes, at: $0, known: known).isWhole }
        switch first {
        case .whole(let size): return .frame(size: size, content: 0..<size - 2)
        case .damaged(let size):
            return .skip(reply ?? (1..<size).first { look(bytes, at: $0) != .none } ?? size, .checksum)
        case .incomplete: return reply.map { .skip($0, .noise) } ?? .needMoreBytes
        case .none: return skipStranger(bytes, known: known)
        }
    }

    /// What begins at an offset.
    private enum Look: Equatable {
        case none
        case incomplete
        case whole(Int)
        case damaged(Int)

        var isWhole: Bool { if case .whole = self { true } else { false } }
    }

    /// Whether the reply that is waited for begins there. What ended in the first `known` bytes is not looked at.
    private func look(_ bytes: Span<UInt8>, at offset: Int, known: Int = 0) -> Look {
        guard let request else { return lookAtAny(bytes, at: offset, known: known) }
        guard bytes[offset] == request.unit else { return .none }
        guard offset + 1 < bytes.count else { return .incomplete }
        let function = bytes[offset + 1]
        guard request.isAnswered(byUnit: bytes[offset], function: function) else { return .none }
        // An exception.
        guard function == request.function else { return check(bytes, at: offset, size: 5, known: known) }
        guard let size = request.replySize else { return lookAtAny(bytes, at: offset, known: known) }
        // Some devices answer with less than was asked for, and say so.
        if (1...4).contains(function), offset + 2 < bytes.count, 5 + Int(bytes[offset + 2]) < size,
            case .whole(let size) = check(bytes, at: offset, size: 5 + Int(bytes[offset + 2]), known: known)
        {
            return .whole(size)
        }
        return check(bytes, at: offset, size: size, known: known)
    }

    /// Whether any reply begins there, by what it says of its length.
    private func lookAtAny(_ bytes: Span<UInt8>, at offset: Int, known: Int) -> Look {
        // 0 is everybody's address, from which nobody replies; on a line it is noise.
        guard bytes[offset] != 0 || request?.unit == 0 else { return .none }
        guard offset + 1 < bytes.count else { return .incomplete }
        switch bytes[offset + 1] {
        case 1...4:
            guard offset + 2 < bytes.count else { return .incomplete }
            let size = 5 + Int(bytes[offset + 2])
            return size <= Self.sizeMax ? check(bytes, at: offset, size: size, known: known) : .none
        case 5, 6, 15, 16: return check(bytes, at: offset, size: 8, known: known)
        case 0x81...0x86, 0x8F, 0x90: return check(bytes, at: offset, size: 5, known: known)
        default: return .none
        }
    }

    private func check(_ bytes: Span<UInt8>, at offset: Int, size: Int, known: Int) -> Look {
        guard offset + size <= bytes.count else { return .incomplete }
        guard offset + size > known else { return .damaged(size) }
        return Self.crc.matches(bytes.extracting(offset..<offset + size)) ? .whole(size) : .damaged(size)
    }

    /// Bytes that begin no reply to the request: another unit's frame, or noise up to where something may begin.
    private func skipStranger(_ bytes: Span<UInt8>, known: Int) -> FrameScan {
        guard request != nil else {
            return .skip((1..<bytes.count).first { look(bytes, at: $0) != .none } ?? bytes.count, .noise)
        }
        if case .whole(let size) = lookAtAny(bytes, at: 0, known: 0) { return .skip(size, .stranger) }
        return .skip(1, .noise)
    }
}
