/// What a request on a Modbus line lets expect.
struct ModbusRequest: Equatable, Sendable {
    let unit: UInt8
    let function: UInt8
    /// How long the reply is in RTU, CRC included; nil for functions whose replies say it themselves or not at all.
    let replySize: Int?
    /// The number of bytes that a reply as long as that says of itself; nil for functions whose replies say none.
    let replyCount: UInt8?

    /// Reads unit, function and what follows, without checksum; nil where that is no request.
    init?(_ content: ArraySlice<UInt8>) {
        guard content.count >= 2 else { return nil }
        let start = content.startIndex
        unit = content[start]
        function = content[start + 1]
        let quantity = content.count >= 6 ? Int(content[start + 4]) << 8 | Int(content[start + 5]) : nil
        switch function {
        case 1, 2: replySize = quantity.map { 5 + ($0 + 7) / 8 }
        case 3, 4: replySize = quantity.map { 5 + $0 * 2 }
        case 5, 6, 15, 16: replySize = 8
        default: replySize = nil
        }
        replyCount = (1...4).contains(function) ? replySize.flatMap { UInt8(exactly: $0 - 5) } : nil
    }

    /// Whether these bytes, as many as there are, begin a reply to it.
    func isAnswered(byUnit unit: UInt8, function: UInt8) -> Bool {
        unit == self.unit && function & 0x7F == self.function
    }
}
