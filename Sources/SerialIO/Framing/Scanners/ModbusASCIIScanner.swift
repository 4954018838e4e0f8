/// Modbus ASCII (Modbus over serial line, 2.5.2): `:`, digits, LRC, CR LF. After a request only its reply is a frame.
struct ModbusASCIIScanner: FrameScanner {
    private static let lrc = Checksum(ChecksumRule(.sum8Negative))

    private let text = HexText(start: [0x3A], end: [0x0A], hasNibbleFirst: false)
    private var request: ModbusRequest?
    private var requestBytes: [UInt8] = []

    mutating func expectReply(to request: [UInt8]) {
        requestBytes = request
        var content: [UInt8] = []
        let digits = request.dropFirst().prefix { HexText.value($0) != nil }
        guard text.decode(Array(digits).span, into: &content) else { return self.request = nil }
        self.request = ModbusRequest(content.dropLast())
    }

    func scan(_ bytes: Span<UInt8>, known: Int, scratch: inout [UInt8]) -> FrameScan {
        switch text.cut(bytes, known: known) {
        case .needMoreBytes: return .needMoreBytes
        case .skip(let count, let problem): return .skip(count, problem)
        case .digits(let range, let size):
            guard text.decode(bytes.extracting(range), into: &scratch) else {
                return .skip(1, .malformed("not hexadecimal digits in pairs"))
            }
            guard scratch.count >= 3, Self.lrc.matches(scratch.span) else { return .skip(1, .checksum) }
            if let problem = problem(bytes.extracting(0..<size), scratch.span) { return .skip(size, problem) }
            scratch.removeLast()
            return .frameInScratch(size: size)
        }
    }

    /// Why a sound frame is not the reply that is waited for.
    private func problem(_ frame: Span<UInt8>, _ content: Span<UInt8>) -> FrameProblem? {
        guard let request else { return nil }
        guard request.isAnswered(byUnit: content[0], function: content[1]) else { return .stranger }
        // The reply to a write of one value is the request once more.
        let isEcho = frame.count == requestBytes.count && frame.agrees(with: requestBytes)
        return isEcho && ![5, 6].contains(request.function) ? .echo : nil
    }
}
