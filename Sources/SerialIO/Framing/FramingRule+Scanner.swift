extension FramingRule {
    /// What knows this kind of frame.
    func scanner() -> any FrameScanner {
        let checksum = self.checksum.map { Checksum($0) }
        switch kind {
        case .line(let start, let end):
            return LineScanner(start: start, end: end, checksum: checksum)
        case .fixed(let start, let size, let trailer):
            return FixedScanner(start: start, size: size, trailer: trailer, checksum: checksum)
        case .length(let start, let length, let trailer):
            return LengthScanner(start: start, length: length, trailer: trailer, checksum: checksum, sizeMax: sizeMax)
        case .stuffed(let stuffing):
            return stuffing.hasEscapedMarks
                ? EscapedMarkScanner(stuffing, checksum: checksum) : StuffedScanner(stuffing, checksum: checksum)
        case .cobs:
            return COBSScanner(checksum: checksum)
        case .asciiHex(let start, let end, let nibbleFirst):
            let text = HexText(start: start, end: end, hasNibbleFirst: nibbleFirst, isSpaced: true)
            return HexScanner(text, checksum: checksum)
        case .block(let start, let end, let takesEndLine, let tail):
            return BlockScanner(
                start: start, end: end, takesEndLine: takesEndLine, tail: tail, checksum: checksum,
                sizeMax: frameSizeMax)
        case .reply(let sizes):
            return ReplyScanner(sizes, checksum: checksum)
        case .modbusRTU:
            return ModbusRTUScanner()
        case .modbusASCII:
            return ModbusASCIIScanner()
        case .telegram(let telegram):
            return TelegramScanners.scanner(for: telegram, sizeMax: sizeMax)
        }
    }

    /// The longest frame: what the rule says, and never less than its frames have at all.
    var frameSizeMax: Int {
        switch kind {
        case .fixed(_, let size, _): max(sizeMax, size)
        // Modbus over serial line, 4.1: 256 bytes; twice as many digits and the marks in ASCII.
        case .modbusRTU: max(sizeMax, 256)
        case .modbusASCII: max(sizeMax, 513)
        default: max(sizeMax, 1)
        }
    }
}
