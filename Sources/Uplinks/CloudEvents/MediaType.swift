/// What a content type says about how a payload can stand in a JSON event (JSON Event Format, section 3.1.1).
enum MediaType {
    /// `*/json` or `*/*+json`.
    case json
    /// `text/*` in UTF-8, or in ASCII, which is part of it.
    case text
    case other

    /// Reads a content type (RFC 2045, section 5.1), letter case and parameters set aside.
    init(_ contentType: String) {
        let text = contentType.lowercased()
        let parts = text.utf8.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        let type = Self.trimmed(parts[0])
        if type.hasSuffix("/json") || (type.hasSuffix("+json") && type.contains("/")) {
            self = .json
        } else if type.hasPrefix("text/"), Self.isUTF8(parameters: parts.dropFirst()) {
            self = .text
        } else {
            self = .other
        }
    }

    private static func isUTF8(parameters: some Collection<Substring.UTF8View>) -> Bool {
        for parameter in parameters {
            let text = trimmed(parameter)
            guard text.hasPrefix("charset=") else { continue }
            let charset = text.dropFirst("charset=".count).filter { $0 != "\"" }
            return charset == "utf-8" || charset == "utf8" || charset == "us-ascii"
        }
        return true
    }

    private static func trimmed(_ text: Substring.UTF8View) -> String {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        let head = text.drop(while: isBlank)
        guard let end = head.lastIndex(where: { !isBlank($0) }) else { return "" }
        return String(Substring(head[...end]))
    }
}
