/// A Swift or C file with everything that is not code blanked out: comments and the content of string literals become
/// spaces, line ends stay. What remains can be searched for words and braces without being misled.
struct SwiftCode: Sendable {
    let lines: [Substring]
    private let bytes: [UInt8]

    init(_ text: String) {
        var blanking = Blanking(Array(text.utf8))
        bytes = blanking.run()
        lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// One function, initialiser, deinitialiser or subscript with a body.
    struct Function: Equatable {
        /// Line of the keyword, from 1.
        var line: Int
        /// Lines from the keyword to the closing brace.
        var length: Int
    }

    /// Every function that has a body, in the order in which they begin.
    var functions: [Function] {
        var found: [Function] = []
        var line = 1
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\n") { line += 1 }
            if beginsFunction(at: index), let end = endOfBody(from: index) {
                let length = bytes[index...end].count { $0 == UInt8(ascii: "\n") } + 1
                found.append(Function(line: line, length: length))
            }
            index += 1
        }
        return found
    }

    private static let functionKeywords = ["func", "init", "deinit", "subscript"].map { Array($0.utf8) }
    private static let otherKeywords = ["var", "let", "case", "typealias", "associatedtype"].map { Array($0.utf8) }

    private func beginsFunction(at index: Int) -> Bool { begins(Self.functionKeywords, at: index) }

    private func begins(_ keywords: [[UInt8]], at index: Int) -> Bool {
        for keyword in keywords where keyword[0] == bytes[index] {
            guard index == 0 || !bytes[index - 1].isWord && bytes[index - 1] != UInt8(ascii: ".") else { return false }
            let end = index + keyword.count
            if end < bytes.count && !bytes[end].isWord && bytes[index..<end].elementsEqual(keyword) { return true }
        }
        return false
    }

    /// Index of the brace that closes the body; nil for a requirement of a protocol, which has none.
    private func endOfBody(from start: Int) -> Int? {
        var round = 0
        var braces = 0
        for index in (start + 1)..<bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "("), UInt8(ascii: "["): round += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"): round -= 1
            case UInt8(ascii: "{"): braces += 1
            case UInt8(ascii: "}"):
                braces -= 1
                if braces < 0 { return nil }
                if braces == 0 && round == 0 { return index }
            default:
                guard braces == 0 && round == 0 else { continue }
                if beginsFunction(at: index) || begins(Self.otherKeywords, at: index) { return nil }
            }
        }
        return nil
    }
}

extension UInt8 {
    /// A letter, a digit, an underscore, or part of a character beyond ASCII.
    var isWord: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...0xFF: true
        default: false
        }
    }
}

/// Replaces comments and the content of string literals by spaces, byte for byte.
private struct Blanking {
    private static let lineComment = Array("//".utf8)
    private static let commentStart = Array("/*".utf8)
    private static let commentEnd = Array("*/".utf8)
    private static let threeQuotes = [UInt8](repeating: UInt8(ascii: "\""), count: 3)

    private var bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func run() -> [UInt8] {
        code(until: nil)
        return bytes
    }

    /// Passes over code; in an interpolation, up to the parenthesis that ends it.
    private mutating func code(until end: UInt8?) {
        var depth = 0
        while index < bytes.count {
            if starts(with: Self.lineComment) {
                while index < bytes.count && bytes[index] != UInt8(ascii: "\n") { blank(1) }
            } else if starts(with: Self.commentStart) {
                blockComment()
            } else if let hashes = hashesBeforeQuote() {
                literal(hashes: hashes)
            } else {
                if bytes[index] == UInt8(ascii: "(") { depth += 1 }
                if bytes[index] == end && depth == 0 { return }
                if bytes[index] == UInt8(ascii: ")") { depth -= 1 }
                index += 1
            }
        }
    }

    private mutating func blockComment() {
        var depth = 0
        repeat {
            let step = starts(with: Self.commentStart) ? 1 : starts(with: Self.commentEnd) ? -1 : 0
            depth += step
            blank(step == 0 ? 1 : 2)
        } while index < bytes.count && depth > 0
    }

    /// Number of `#` before the quotation mark of a literal that begins here; nil where none begins.
    private func hashesBeforeQuote() -> Int? {
        var end = index
        while end < bytes.count && bytes[end] == UInt8(ascii: "#") { end += 1 }
        return end < bytes.count && bytes[end] == UInt8(ascii: "\"") ? end - index : nil
    }

    private mutating func literal(hashes: Int) {
        index += hashes
        let hash = [UInt8](repeating: UInt8(ascii: "#"), count: hashes)
        let quotes = starts(with: Self.threeQuotes) ? Self.threeQuotes : [UInt8(ascii: "\"")]
        let ending = quotes + hash
        let escape = [UInt8(ascii: "\\")] + hash
        let interpolation = escape + [UInt8(ascii: "(")]
        blank(quotes.count)
        while index < bytes.count {
            if starts(with: ending) {
                blank(quotes.count)
                index += hashes
                return
            }
            if quotes.count == 1 && bytes[index] == UInt8(ascii: "\n") { return }
            if starts(with: interpolation) {
                blank(interpolation.count)
                code(until: UInt8(ascii: ")"))
                blank(1)
            } else {
                blank(starts(with: escape) ? escape.count + 1 : 1)
            }
        }
    }

    private func starts(with text: [UInt8]) -> Bool {
        guard bytes[index] == text[0] else { return false }
        let end = index + text.count
        return end <= bytes.count && bytes[index..<end].elementsEqual(text)
    }

    private mutating func blank(_ count: Int) {
        for _ in 0..<count where index < bytes.count {
            if bytes[index] != UInt8(ascii: "\n") { bytes[index] = UInt8(ascii: " ") }
            index += 1
        }
    }
}
