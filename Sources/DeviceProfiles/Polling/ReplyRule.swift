import SerialIO

/// Tells whether a frame answers a request.
public struct ReplyRule: Sendable {
    /// What a frame is to a request.
    public enum Reply: Hashable, Sendable {
        /// Its answer.
        case answer
        /// The device says that it cannot: it is alive. The code is the protocol's.
        case exception(UInt8)
        /// Something else.
        case stranger
    }

    /// Looks at the content of a frame.
    public let judge: @Sendable (ArraySlice<UInt8>) -> Reply
    /// How many bytes the answer has on the line; nil where that is not known beforehand. It names answers that come
    /// too late, which a framer drops before anybody looks into them.
    public let frameSize: Int?

    /// A rule.
    public init(frameSize: Int? = nil, _ judge: @escaping @Sendable (ArraySlice<UInt8>) -> Reply) {
        self.frameSize = frameSize
        self.judge = judge
    }

    /// Any frame is the answer.
    public static let any = ReplyRule { _ in .answer }

    /// The answer to a Modbus request, RTU or ASCII: from the same unit, to the same function, and as long as what was
    /// asked for. Nil for bytes that are no request of functions 1 to 4.
    ///
    /// The content of such frames is unit, function and what follows (Modbus Application Protocol V1.1b3, section 6).
    public static func modbus(_ request: [UInt8]) -> ReplyRule? {
        guard let asked = ModbusRequest(bytes: request) else { return nil }
        let isASCII = request.first == UInt8(ascii: ":")
        let size = 3 + ModbusPlan.Request(table: asked.table, range: asked.range).byteCount
        let (unit, function) = (asked.unit, asked.table.rawValue)
        // RTU adds two bytes of CRC; ASCII writes each byte as two digits, with an LRC, between `:` and CR LF.
        return ReplyRule(frameSize: isASCII ? size * 2 + 5 : size + 2) { content in
            let first = content.startIndex
            guard content.count >= 3, content[first] == unit else { return .stranger }
            if content[first + 1] == function | 0x80, content.count == 3 { return .exception(content[first + 2]) }
            // The byte count is not looked at: some devices get it wrong, and the length says the same.
            return content[first + 1] == function && content.count == size ? .answer : .stranger
        }
    }
}
