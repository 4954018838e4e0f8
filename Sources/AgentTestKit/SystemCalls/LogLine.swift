/// Reads along one line of an strace log written with `-xx -yy`: every string and path is hexadecimal, so a quote,
/// a comma or a bracket always is strace's own.
struct LogLine {
    private(set) var position: UnsafePointer<UInt8>
    let end: UnsafePointer<UInt8>

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        position = bytes.baseAddress!
        end = bytes.baseAddress! + bytes.count
    }

    var isAtEnd: Bool { position >= end }

    /// A descriptor as `-yy` prints it: the number, and what it stands for.
    struct Descriptor {
        let number: Int
        /// The socket, where it is one.
        let connection: TracedConnection?
        /// The path where it has one, still hexadecimal; empty otherwise.
        let path: UnsafeBufferPointer<UInt8>
        /// Whether the path had been unlinked when the call began.
        let isDeleted: Bool
    }

    mutating func skip(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard end - position >= count else { return false }
        for index in 0..<count where position[index] != text.utf8Start[index] { return false }
        position += count
        return true
    }

    mutating func skipSpaces() {
        while position < end, position.pointee == UInt8(ascii: " ") { position += 1 }
    }

    /// Goes on past the next `character`; false, and nothing moved, where there is none.
    mutating func skip(past character: StaticString) -> Bool {
        let wanted = character.utf8Start.pointee
        var next = position
        while next < end {
            if next.pointee == wanted {
                position = next + 1
                return true
            }
            next += 1
        }
        return false
    }

    mutating func integer() -> Int? {
        var next = position
        let isNegative = next < end && next.pointee == UInt8(ascii: "-")
        if isNegative { next += 1 }
        let first = next
        var value = 0
        while next < end, next.pointee &- 48 < 10 {
            value = value &* 10 &+ Int(next.pointee &- 48)
            next += 1
        }
        guard next > first else { return nil }
        position = next
        return isNegative ? -value : value
    }

    /// A name of letters, digits and underscores: a system call, a flag.
    mutating func word() -> String {
        let first = position
        while position < end, Self.isWord(position.pointee) { position += 1 }
        return String(decoding: UnsafeBufferPointer(start: first, count: position - first), as: UTF8.self)
    }

    /// The text up to the next comma or closing bracket: flags, a mode.
    mutating func flags() -> String {
        let first = position
        while position < end, position.pointee != UInt8(ascii: ","), position.pointee != UInt8(ascii: ")"),
            position.pointee != UInt8(ascii: " ")
        { position += 1 }
        return String(decoding: UnsafeBufferPointer(start: first, count: position - first), as: UTF8.self)
    }

    /// Goes on past `, `.
    mutating func comma() { _ = skip(", ") }

    /// A number with its `<...>`; `AT_FDCWD` is -100.
    mutating func descriptor() -> Descriptor? {
        var number = -100
        if !skip("AT_FDCWD") {
            guard let read = integer() else { return nil }
            number = read
        }
        guard position < end, position.pointee == UInt8(ascii: "<") else {
            return Descriptor(number: number, connection: nil, path: Self.empty, isDeleted: false)
        }
        let first = position + 1
        var depth = 0
        while position < end {
            if position.pointee == UInt8(ascii: "<") {
                depth += 1
            } else if position.pointee == UInt8(ascii: ">"), position[-1] != UInt8(ascii: "-") {
                depth -= 1
                if depth == 0 { break }
            }
            position += 1
        }
        let text = UnsafeBufferPointer(start: first, count: position - first)
        if position < end { position += 1 }
        let isDeleted = skip("(deleted)")
        if text.first == UInt8(ascii: "\\") {
            return Descriptor(number: number, connection: nil, path: text, isDeleted: isDeleted)
        }
        let isSocket =
            text.first == UInt8(ascii: "T") || text.first == UInt8(ascii: "U") || text.first == UInt8(ascii: "s")
        let connection = isSocket ? TracedConnection(description: String(decoding: text, as: UTF8.self)) : nil
        return Descriptor(number: number, connection: connection, path: Self.empty, isDeleted: isDeleted)
    }

    /// A quoted string's bytes; nil where the next thing is none, and where strace cut it short.
    mutating func string() -> [UInt8]? {
        guard skip("\"") else { return nil }
        let first = position
        guard skip(past: "\"") else { return nil }
        let bytes = Self.bytes(fromHexadecimal: UnsafeBufferPointer(start: first, count: position - 1 - first))
        return skip("...") ? nil : bytes
    }

    /// Decodes `\x2f\x74...`.
    static func bytes(fromHexadecimal text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        let count = text.count / 4
        guard count > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            // A counted loop over pointers: this runs for every byte of the log, also in builds without optimisation.
            var source = text.baseAddress! + 2
            let target = buffer.baseAddress!
            var index = 0
            while index < count {
                target[index] = value(of: source[0]) &<< 4 | value(of: source[1])
                source += 4
                index &+= 1
            }
            filled = count
        }
    }

    @inline(__always)
    private static func value(of digit: UInt8) -> UInt8 {
        // '0' to '9' are 0x30 to 0x39, 'a' to 'f' are 0x61 to 0x66: bit 6 tells letters.
        (digit & 0xF) &+ (digit &>> 6) &* 9
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- 97 < 26 || byte &- 48 < 10 || byte == UInt8(ascii: "_")
    }

    private static var empty: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: nil, count: 0) }
}
