import Compression
import HTTPTypes

extension Answer {
    /// Bodies below this gain nothing.
    private static let compressedSizeMin = 1024

    /// Compresses the body where whoever asks takes gzip (RFC 9110, 12.5.3): a gateway's link may be thin, and metered.
    mutating func compress(for request: HTTPRequest) {
        guard body.count >= Self.compressedSizeMin else { return }
        headers[.vary] = "Accept-Encoding"
        guard Self.takesGzip(request.headerFields[.acceptEncoding] ?? "") else { return }
        var compressed: [UInt8] = []
        GzipCompressor().compress(body.span.bytes, appendingTo: &compressed)
        body = compressed
        headers[.contentEncoding] = "gzip"
    }

    /// Whether a list of codings has gzip in it, and not with the weight of zero that refuses it.
    private static func takesGzip(_ accepted: String) -> Bool {
        accepted.split(separator: ",").contains { coding in
            let parts = coding.lowercased().filter { $0 != " " }.split(separator: ";")
            return parts.first == "gzip"
                && !parts.dropFirst().contains { $0.hasPrefix("q=0") && Double($0.dropFirst(2)) == 0 }
        }
    }
}
