import SerialIO
import StrictTOML

/// What somebody meant who wrote a type or a checksum by the name that data sheets and languages have for it.
enum TypeHint {
    /// For a type of bytes that is none, with what to write instead.
    static func forType(_ word: String, needsOrder: Bool) -> String {
        if word.lowercased().hasPrefix("bool") || word.lowercased().hasPrefix("bit") {
            return "; a single bit is bit = 0, without a type"
        }
        if let name = plainName(of: word) {
            if let (type, order) = BinaryType.parse(name), needsOrder, order == nil, type.size.map({ $0 > 1 }) ?? false
            {
                return "; did you mean \(quoted(name + "be")) or \(quoted(name + "le"))?"
            }
            return "; did you mean \(quoted(name))?"
        }
        if let hint = NearestKey.hint(word, in: BinaryType.knownNames) { return hint }
        let order = needsOrder ? "be" : ""
        let names = ["u8", "s8"] + ["u16", "s16", "u32", "s32", "f32", "bcd"].map { $0 + order } + ["text"]
        return "; there are \(quotedList(names)) and more"
    }

    /// `u16be` for `uint16_be`; nil where no type is meant.
    private static func plainName(of word: String) -> String? {
        var name = word.lowercased().filter { $0 != "_" && $0 != "-" && $0 != " " }
        if let known = words[name] { name = known }
        for (prefix, own) in [("uint", "u"), ("int", "s"), ("float", "f"), ("real", "f"), ("i", "s")] {
            if name.hasPrefix(prefix), name.dropFirst(prefix.count).first?.isNumber == true {
                name = own + name.dropFirst(prefix.count)
                break
            }
        }
        return name != word && BinaryType.parse(name) != nil ? name : nil
    }

    private static let words = [
        "byte": "u8", "uchar": "u8", "char": "s8", "short": "s16", "ushort": "u16", "word": "u16", "long": "s32",
        "ulong": "u32", "dword": "u32", "int": "s16", "uint": "u16", "float": "f32", "real": "f32", "single": "f32",
        "double": "f64", "string": "text", "str": "text", "ascii": "text",
    ]

    /// For a checksum that is none, with what to write instead.
    static func forChecksum(_ word: String, among words: [String]) -> String {
        let name = word.lowercased().filter { $0.isLetter || $0.isNumber || $0 == "/" }
        let isPlainSum = ["sum", "checksum", "add"].contains(name)
        if let meant = isPlainSum ? ["sum8", "sum16"] : checksums.first(where: { name.contains($0.part) })?.names {
            return "; did you mean \(meant.map { quoted($0) }.joined(separator: " or "))?"
        }
        for family in ["crc8", "crc16", "crc32", "crc"] where name.hasPrefix(family) {
            if let near = words.first(where: { $0.filter { $0 != "-" } == name }) {
                return "; did you mean \(quoted(near))?"
            }
            let named = CRC.names.filter { $0.hasPrefix(family) }
            return
                "; by name there are \(quotedList(named)), any other is kind = \"crc\" with width, poly, init, refin, "
                + "refout and xorout"
        }
        return NearestKey.hint(word, in: words) ?? "; there are \(quotedList(words))"
    }

    private static let checksums: [(part: String, names: [String])] = [
        ("modbus", ["crc16/modbus"]), ("complement", ["sum8-negative", "sum8-not"]), ("invert", ["sum8-not"]),
        ("bcc", ["xor8"]), ("xor", ["xor8"]), ("fletcher", ["fletcher8"]),
    ]
}
