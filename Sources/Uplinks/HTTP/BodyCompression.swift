import Compression

/// How bodies are compressed; said in `content-encoding` (RFC 9110, 8.4).
public enum BodyCompression: Hashable, Sendable {
    case none
    /// RFC 1952, at a level of 1 to 9: understood nearly everywhere.
    case gzip(level: Int)
    /// RFC 8878, at a level of 1 to 19: smaller and faster, where the destination understands it.
    case zstd(level: Int)
}

/// Compresses one body after the other. Used by one task at a time.
struct BodyCompressor {
    private enum Tool {
        case none
        case gzip(GzipCompressor)
        case zstd(ZstandardCompressor)
    }

    private let tool: Tool

    /// - Parameter sizeMax: bytes of the largest body, as far as known.
    init(_ compression: BodyCompression, sizeMax: Int) {
        switch compression {
        case .none: tool = .none
        case .gzip(let level): tool = .gzip(GzipCompressor(level: level))
        case .zstd(let level): tool = .zstd(ZstandardCompressor(level: level, sizeMax: sizeMax))
        }
    }

    /// Puts the compressed form in the place of a request's body, and says so.
    func compress(_ request: inout HTTPRequest) {
        var body: [UInt8] = []
        switch tool {
        case .none: return
        case .gzip(let compressor):
            compressor.compress(request.body.span.bytes, appendingTo: &body)
            request.fields["content-encoding"] = "gzip"
        case .zstd(let compressor):
            compressor.compress(request.body.span.bytes, appendingTo: &body)
            request.fields["content-encoding"] = "zstd"
        }
        request.body = body
    }
}
