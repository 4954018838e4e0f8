import Records
import StrictTOML

/// What must not leave the machine, so that a text can be searched for it.
extension MaskedConfiguration {
    /// Texts shorter than this are no secrets: to mask them would mask words.
    private static let sizeMin = 4
    /// Files that are larger hold no password, token or key.
    private static let fileSizeMax = ByteCount.kibibytes(64)

    /// The secrets of a configuration: values that are masked in it, and what is in the files that it names for
    /// passwords, tokens, connection strings and private keys, whole and in parts. Blocks on the disk.
    ///
    /// - Parameters:
    ///   - directory: what relative paths are taken from.
    ///   - credentialsDirectory: where `credential:NAME` is.
    /// - Returns: the longest first.
    public static func secrets(
        in document: TOMLDocument, directory: String, credentialsDirectory: String? = nil
    ) -> [String] {
        var found: Set<String> = []
        collect(document.root, key: "", isMasked: false) { key, text, isMasked in
            if isMasked { found.insert(text) }
            guard key.hasSuffix("_file") || key == "key" else { return }
            let path =
                if text.hasPrefix("credential:") {
                    (credentialsDirectory ?? "") + "/" + text.dropFirst("credential:".count)
                } else {
                    text.hasPrefix("/") ? text : "\(directory)/\(text)"
                }
            // A file that cannot be read cannot be shown either.
            guard let contents = try? FileContents(path: path, sizeMax: fileSizeMax) else { return }
            found.formUnion(parts(of: String(decoding: contents.bytes, as: UTF8.self)))
        }
        return found.filter { $0.utf8.count >= sizeMin }.sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }
    }

    private static func collect(
        _ value: TOMLValue, key: String, isMasked: Bool, _ visit: (String, String, Bool) -> Void
    ) {
        switch value.content {
        case .table(let entries):
            let isSecret = isMasked || secretTables.contains(key)
            for entry in entries { collect(entry.value, key: entry.key, isMasked: isSecret, visit) }
        case .array(let elements):
            for element in elements { collect(element, key: key, isMasked: isMasked, visit) }
        case .string(let text):
            visit(key, text, isMasked || isSecret(key))
            // User information of a url is masked without its neighbours.
            if let end = text.firstRange(of: "://"), let at = text.lastIndex(of: "@"), at > end.upperBound {
                let user = String(text[end.upperBound..<at])
                visit("", user, true)
                for part in user.split(separator: ":") { visit("", String(part), true) }
            }
        case .integer, .float, .boolean, .dateTime: break
        }
    }

    /// The lines of a file, and the values in a connection string; not the marks around a key in PEM.
    private static func parts(of text: String) -> [String] {
        let lines = text.split(whereSeparator: \.isNewline).map(String.init).filter { !$0.hasPrefix("-----") }
        let values = lines.filter { $0.contains(";") }.flatMap { line in
            line.split(separator: ";").compactMap { part -> String? in
                guard let equals = part.firstIndex(of: "="), part.lowercased().contains("key") else { return nil }
                let value = part[part.index(after: equals)...]
                return value.utf8.count < 16 ? nil : String(value)
            }
        }
        return lines + values
    }
}
