/// Modbus RTU (Modbus over serial line, 2.5.1). Silence between frames cannot be seen through a driver and a USB
/// adapter, so a frame's end is where its length says, proved by its CRC.
///
/// After a request only its reply is a frame: the echo of the request, other units' frames and noise are told apart
/// from it. Without one every reply is.
struct ModbusRTUScanner: FrameScanner {
    /// No frame is longer.
    private static let sizeMax = 256
    /// No reply is shorter.
    private static let sizeMin = 5
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
        // Nothing counts within a reply that says it is as long as was asked for, until that is whole or known for
        // damaged: another one, which is as long, is kept waiting by none.
        let isAsAsked = first != .none && bytes.count > 2 && bytes[2] == request?.replyCount
        if isAsAsked, case .whole(let size) = first { return .frame(size: size, content: 0..<size - 2) }
        let (scan, seen) = judge(bytes, by: first)
        if seen == 0 || isAsAsked { return scan }
        // The reply that is whole first counts: with a byte at a time these bytes were not known yet for what they are.
        return firstReply(in: bytes.extracting(0..<seen), known: known).map { .skip($0, .noise) } ?? scan
    }

    /// What the bytes are by their beginning, and how many of them had to be there before a reply further on counts no
    /// more.
    private func judge(_ bytes: Span<UInt8>, by first: Look) -> (scan: FrameScan, seen: Int) {
        if case .whole(let size) = first { return (.frame(size: size, content: 0..<size - 2), size - 1) }
        var agreed = 0
        if request != nil {
            while agreed < min(bytes.count, requestBytes.count), bytes[agreed] == requestBytes[agreed] { agreed += 1 }
            if agreed == requestBytes.count { return (.skip(agreed, .echo), agreed) }
            if agreed == bytes.count { return (.needMoreBytes, agreed) }
        }
        switch first {
        case .whole, .incomplete: return (.needMoreBytes, bytes.count)
        case .damaged(let size):
            let frame = bytes.extracting(0..<size)
            let next = (1..<size).first { look(frame, at: $0) != .none }
            return (.skip(next ?? size, .checksum), max(size, agreed + 1))
        case .none where request == nil:
            return (.skip((1..<bytes.count).first { look(bytes, at: $0) != .none } ?? bytes.count, .noise), 0)
        case .none:
            switch lookAtStranger(bytes) {
            case .whole(let size): return (.skip(size, .stranger), size)
            case .incomplete: return (.needMoreBytes, bytes.count)
            case .none, .damaged: return (.skip(1, .noise), 0)
            }
        }
    }

    /// Where behind the first byte the reply begins that was whole first.
    private func firstReply(in bytes: Span<UInt8>, known: Int) -> Int? {
        var found: (offset: Int, end: Int)?
        var offset = 1
        while offset + Self.sizeMin <= bytes.count {
            if let request {
                guard let next = bytes.firstOffset(of: request.unit, from: offset) else { break }
                offset = next
            }
            if case .whole(let size) = look(bytes, at: offset, known: known), offset + size < found?.end ?? .max {
                found = (offset, offset + size)
            }
            offset += 1
        }
        return found?.offset
    }

    /// What begins at an offset.
    private enum Look: Equatable {
        case none
        case incomplete
        case whole(Int)
        case damaged(Int)
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

    /// Whether another unit's frame, or another reply than the request wants, begins here. Above 247 and at 0 is no
    /// unit, but what a driver makes of a change of direction.
    private func lookAtStranger(_ bytes: Span<UInt8>) -> Look {
        (1...247).contains(bytes[0]) ? lookAtAny(bytes, at: 0, known: 0) : .none
    }
}
