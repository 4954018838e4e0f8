import Records
import StrictTOML

/// A configuration as JSON, without what may be secret.
///
/// Secrets proper are in files of their own, and only their names are in the configuration. What is masked all the same
/// is what people write where it does not belong: tokens in headers, keys in urls, words in a will.
enum MaskedConfiguration {
    /// What stands for a value that is not shown.
    static let mask = "***"

    /// Parts of keys whose values are never shown, unless they name a file.
    private static let secretWords = ["password", "secret", "token", "authorization", "key", "credential"]
    /// Keys with one of these words in them that are no secrets.
    private static let plainKeys: Set<String> = ["key", "token_url", "hot_key"]
    /// Tables whose every value is masked: names are chosen by others.
    private static let secretTables: Set<String> = ["headers"]

    /// The whole document as one object.
    static func json(_ document: TOMLDocument) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 1024)
        write(document.root, key: "", isMasked: false, to: &writer)
        return writer.bytes
    }

    private static func write(_ value: TOMLValue, key: String, isMasked: Bool, to writer: inout JSONWriter) {
        switch value.content {
        case .table(let entries):
            let isSecret = isMasked || secretTables.contains(key)
            writer.beginObject()
            for entry in entries {
                writer.key(entry.key)
                write(entry.value, key: entry.key, isMasked: isSecret, to: &writer)
            }
            writer.endObject()
        case .array(let elements):
            writer.beginArray()
            for element in elements { write(element, key: key, isMasked: isMasked, to: &writer) }
            writer.endArray()
        case .string(let text): writer.string(isMasked || isSecret(key) ? mask : withoutSecrets(text))
        case .integer(let number):
            if isMasked { writer.string(mask) } else { writer.integer(number) }
        case .float(let number):
            if isMasked { writer.string(mask) } else { writer.number(number) }
        case .boolean(let flag):
            if isMasked { writer.string(mask) } else { writer.boolean(flag) }
        case .dateTime: writer.null()
        }
    }

    /// Whether the values of a key are masked: not where it names a file, which the agent never shows the content of.
    static func isSecret(_ key: String) -> Bool {
        let key = key.lowercased()
        guard !key.hasSuffix("_file"), !plainKeys.contains(key) else { return false }
        return secretWords.contains { key.contains($0) }
    }

    /// A url without user information and without the values of its query.
    static func withoutSecrets(_ text: String) -> String {
        guard let scheme = text.firstRange(of: "://") else { return text }
        var rest = text[scheme.upperBound...]
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        var start = String(text[..<scheme.upperBound])
        if let at = rest[..<end].lastIndex(of: "@") {
            start += mask + "@"
            rest = rest[rest.index(after: at)...]
        }
        guard let query = rest.firstIndex(of: "?") else { return start + rest }
        return start + rest[...query] + mask
    }
}
