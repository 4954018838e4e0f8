import Records

/// How names of the log become SenML names: ASCII letters and digits, and `-`, `:`, `.`, `/` and `_`, beginning with a
/// letter or a digit (RFC 8428, section 4.5.1).
enum SenMLName {
    /// Appends a text; any other character becomes one `_`.
    static func append(_ text: ArraySlice<UInt8>, to name: inout [UInt8]) {
        text.withUnsafeBufferPointer { append($0, to: &name) }
    }

    /// Appends a text; any other character becomes one `_`.
    static func append(_ text: String, to name: inout [UInt8]) {
        let done: Void? = text.utf8.withContiguousStorageIfAvailable { append($0, to: &name) }
        if done == nil { append(Array(text.utf8)[...], to: &name) }
    }

    /// Makes the first character one that a name can begin with.
    static func mendFirst(_ name: inout [UInt8]) {
        guard let first = name.first, !SenMLPack.isNameStart(first) else { return }
        name.insert(UInt8(ascii: "x"), at: 0)
    }

    private static func append(_ text: UnsafeBufferPointer<UInt8>, to name: inout [UInt8]) {
        // Nearly always there is nothing to change.
        if text.allSatisfy(SenMLPack.isNameByte) { return name.append(contentsOf: text) }
        for byte in text {
            if SenMLPack.isNameByte(byte) {
                name.append(byte)
            } else if byte & 0xC0 != 0x80 {
                name.append(UInt8(ascii: "_"))
            }
        }
    }
}
