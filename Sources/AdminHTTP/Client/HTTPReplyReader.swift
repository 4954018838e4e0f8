/// Reads one HTTP/1.1 response as it comes (RFC 9112): what our own server sends, and nothing else. Pure.
struct HTTPReplyReader {
    /// How its body ends.
    private enum Framing {
        case length(Int)
        case chunks
        case untilClosed
    }

    /// Nil before the whole header is there.
    private(set) var status: Int?
    private var framing = Framing.untilClosed
    private var rest: [UInt8] = []
    private var isInChunk = 0
    /// Whether the body has ended.
    private(set) var isDone = false

    /// Takes what has come, and gives what of the body is in it.
    ///
    /// - Throws: ``AdminClientError`` where it is no HTTP.
    mutating func take(_ bytes: [UInt8]) throws(AdminClientError) -> [UInt8] {
        rest += bytes
        if status == nil {
            guard let end = rest.firstRange(of: Array("\r\n\r\n".utf8)) else { return [] }
            try readHeader(String(decoding: rest[..<end.lowerBound], as: UTF8.self))
            rest.removeFirst(end.upperBound)
        }
        switch framing {
        case .untilClosed:
            defer { rest = [] }
            return rest
        case .length(let length):
            let body = Array(rest.prefix(length))
            framing = .length(length - body.count)
            isDone = length == body.count
            rest = []
            return body
        case .chunks: return try readChunks()
        }
    }

    private mutating func readHeader(_ text: String) throws(AdminClientError) {
        let lines = text.split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
            throw AdminClientError("what answers at the socket does not speak HTTP")
        }
        self.status = status
        for line in lines.dropFirst() {
            let field = line.lowercased()
            if field.hasPrefix("transfer-encoding:"), field.contains("chunked") { framing = .chunks }
            if field.hasPrefix("content-length:"), let length = Int(field.dropFirst(15).filter(\.isNumber)) {
                framing = .length(length)
            }
        }
    }

    private mutating func readChunks() throws(AdminClientError) -> [UInt8] {
        var body: [UInt8] = []
        while !isDone {
            if isInChunk > 0 {
                let part = rest.prefix(isInChunk)
                guard !part.isEmpty else { return body }
                body += part
                isInChunk -= part.count
                rest.removeFirst(part.count)
                continue
            }
            // The line end of the chunk before belongs to it.
            let start = rest.starts(with: [0x0D, 0x0A]) ? 2 : 0
            guard let end = rest[start...].firstRange(of: [0x0D, 0x0A]) else { return body }
            let text = String(decoding: rest[start..<end.lowerBound], as: UTF8.self)
            guard let size = Int(text.prefix { $0 != ";" }, radix: 16) else {
                throw AdminClientError("the agent's answer is broken off")
            }
            rest.removeFirst(end.upperBound)
            isInChunk = size
            isDone = size == 0
        }
        return body
    }
}
