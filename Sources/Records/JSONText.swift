/// Questions about bytes that claim to be JSON text (RFC 8259).
public enum JSONText {
    /// How deep objects and arrays may be nested (RFC 8259, section 9 allows a limit).
    public static let depthMax = 64

    /// Whether the bytes are one JSON text, exactly: RFC 8259's grammar, well-formed UTF-8, no byte order mark, nested
    /// at most ``depthMax`` deep. White space around it is allowed.
    ///
    /// Escaped lone surrogates (`"\ud800"`) and repeated names are allowed, as the grammar allows them.
    @inlinable public static func isValid(_ text: some Collection<UInt8>) -> Bool {
        text.withContiguousStorageIfAvailable { isValid($0.span) }
            ?? Array(text).withUnsafeBufferPointer { isValid($0.span) }
    }

    /// Whether the bytes are one JSON text: see ``isValid(_:)-(Collection)``.
    public static func isValid(_ text: Span<UInt8>) -> Bool {
        var scanner = JSONScanner()
        while true {
            switch scanner.next(in: text) {
            case .end: return true
            case .invalid: return false
            default: continue
            }
        }
    }

    /// Whether the bytes are well-formed UTF-8 (Unicode 16, table 3-7).
    public static func isUTF8(_ text: Span<UInt8>) -> Bool {
        var index = 0
        while true {
            index = asciiRunEnd(in: text, from: index)
            guard index < text.count else { return true }
            guard let end = multibyteEnd(in: text, at: index) else { return false }
            index = end
        }
    }

    /// Where the run of bytes that need no escape within a JSON string ends: at a quote, a backslash, a control
    /// character, or the end.
    static func plainRunEnd(in text: Span<UInt8>, from start: Int) -> Int {
        runEnd(in: text, from: start, stoppingAt: 0)
    }

    /// The same, ending also at a byte that is not ASCII.
    static func plainASCIIRunEnd(in text: Span<UInt8>, from start: Int) -> Int {
        runEnd(in: text, from: start, stoppingAt: 0x80)
    }

    /// Looks at eight bytes at a time. `topBit` is 0x80 where bytes that have it end the run.
    @inline(__always)
    private static func runEnd(in text: Span<UInt8>, from start: Int, stoppingAt topBit: UInt8) -> Int {
        var index = start
        while index + 8 <= text.count {
            let word = text.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5C)
            // A byte below 0x20 borrows from its own top bit; so does a zero byte when one is taken away.
            var hits = (word &- ones &* 0x20) & ~word | (quote &- ones) & ~quote | (backslash &- ones) & ~backslash
            if topBit != 0 { hits |= word }
            if hits & tops != 0 { break }
            index += 8
        }
        while index < text.count {
            let byte = text[unchecked: index]
            if byte < 0x20 || byte == 0x22 || byte == 0x5C || byte & topBit != 0 { break }
            index += 1
        }
        return index
    }

    /// Where the run of ASCII bytes ends.
    static func asciiRunEnd(in text: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index + 8 <= text.count,
            text.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self) & tops == 0
        {
            index += 8
        }
        while index < text.count, text[unchecked: index] < 0x80 { index += 1 }
        return index
    }

    /// The end of the well-formed multi-byte sequence that begins at `index`; nil where there is none.
    static func multibyteEnd(in text: Span<UInt8>, at index: Int) -> Int? {
        let length: Int
        let second: ClosedRange<UInt8>
        switch text[index] {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xE1...0xEC, 0xEE, 0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return nil
        }
        guard index + length <= text.count, second.contains(text[index + 1]) else { return nil }
        for place in 2..<max(length, 2) where text[index + place] & 0xC0 != 0x80 { return nil }
        return index + length
    }

    /// The text of a string or name that ``JSONScanner`` found, its escapes resolved. A lone surrogate becomes U+FFFD.
    public static func unescape(_ text: Span<UInt8>) -> String {
        var units: [UInt16] = []
        var content: [UInt8] = []
        content.reserveCapacity(text.count)
        var index = 0
        func flush() {
            guard !units.isEmpty else { return }
            content.append(contentsOf: String(decoding: units, as: UTF16.self).utf8)
            units.removeAll(keepingCapacity: true)
        }
        while index < text.count {
            guard text[index] == 0x5C, index + 1 < text.count else {
                flush()
                content.append(text[index])
                index += 1
                continue
            }
            if text[index + 1] == 0x75, index + 6 <= text.count {
                // Escapes of a surrogate pair stand side by side, so runs of them are decoded together.
                units.append((2..<6).reduce(0) { $0 << 4 | UInt16(hexadecimalDigit(text[index + $1])) })
                index += 6
                continue
            }
            flush()
            content.append(escapedControl(text[index + 1]))
            index += 2
        }
        flush()
        return String(decoding: content, as: UTF8.self)
    }

    private static func escapedControl(_ letter: UInt8) -> UInt8 {
        switch letter {
        case 0x62: 0x08
        case 0x66: 0x0C
        case 0x6E: 0x0A
        case 0x72: 0x0D
        case 0x74: 0x09
        default: letter
        }
    }

    private static func hexadecimalDigit(_ byte: UInt8) -> UInt8 {
        byte <= 0x39 ? byte & 15 : byte & 15 + 9
    }

    /// 0x01 and 0x80 in each byte of a word.
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let tops: UInt64 = 0x8080_8080_8080_8080
}
