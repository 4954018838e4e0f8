import CPage

extension AdminPage {
    /// The page at `/` with its parts, by path: what the gateway does, for a browser. It holds nothing of this gateway;
    /// what it shows it asks for, with the token that somebody gives it.
    public static let all: [String: AdminPage] = {
        var pages: [String: AdminPage] = [:]
        for index in 0..<page_file_count() {
            let file = page_file_at(index)
            let body = Array(UnsafeBufferPointer(start: file.bytes, count: file.size))
            pages[String(cString: file.path)] = AdminPage(
                contentType: String(cString: file.content_type), body: body, entityTag: entityTag(of: body),
                contentSecurityPolicy: policy, isPublic: true)
        }
        return pages
    }()

    /// Its own files and the agent's answers, nothing inline and nothing from elsewhere; and the browser refuses to make
    /// HTML of text, whatever a script does (W3C CSP 3, Trusted Types).
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

    /// Changes when a byte does: FNV-1a, 64 bits. Nobody gains by making two files that have the same.
    private static func entityTag(of body: [UInt8]) -> String {
        let hash = body.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        return "\"\(String(hash, radix: 16))\""
    }
}
