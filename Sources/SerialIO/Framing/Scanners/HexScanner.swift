/// Frames written as hexadecimal digits.
struct HexScanner: FrameScanner {
    private let text: HexText
    private let checksum: Checksum?

    init(_ text: HexText, checksum: Checksum?) {
        self.text = text
        self.checksum = checksum
    }

    var isKnownByStart: Bool { !text.start.isEmpty }

    func extent(ofRest bytes: Span<UInt8>) -> FrameRest { text.extent(ofRest: bytes) }

    func scan(_ bytes: Span<UInt8>, known: Int, scratch: inout [UInt8]) -> FrameScan {
        switch text.cut(bytes, known: known) {
        case .needMoreBytes: return .needMoreBytes
        case .skip(let count, let problem): return .skip(count, problem)
        case .digits(let range, let size):
            guard !range.isEmpty else { return .frame(size: size, content: range) }
            let digits = bytes.extracting(range)
            // Without a start mark what is left after one byte would read like a frame: all of it goes. The end mark
            // that stays is that of an empty frame.
            let dropped = isKnownByStart ? 1 : range.upperBound
            guard text.decode(digits, into: &scratch) else {
                return .skip(dropped, .malformed("not hexadecimal digits in pairs"))
            }
            if let checksum {
                let isWhole = checksum.rule.isOfRawBytes ? checksum.matches(digits) : checksum.matches(scratch.span)
                guard isWhole else { return .skip(dropped, .checksum) }
            }
            return .frameInScratch(size: size)
        }
    }
}
