/// Takes one line of InfluxDB's line protocol apart: tags and fields as texts.
struct LineSkimmer {
    /// Tags and fields by name, in order; strings without their quotes.
    private(set) var members: [(name: [UInt8], value: [UInt8])] = []
    /// The timestamp; nil where there is none.
    private(set) var seconds: Double?

    init(_ line: ArraySlice<UInt8>) {
        var part = 0
        var (name, value): ([UInt8], [UInt8]) = ([], [])
        var isValue = false
        var isQuoted = false
        var isEscaped = false
        func finish(_ members: inout [(name: [UInt8], value: [UInt8])]) {
            // Integers have an i behind them.
            if part == 1, value.last == UInt8(ascii: "i"), value.dropLast().allSatisfy({ (0x30...0x39).contains($0) }) {
                value.removeLast()
            }
            if isValue { members.append((name, value)) }
            (name, value, isValue) = ([], [], false)
        }
        for byte in line {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
                continue
            } else if byte == UInt8(ascii: "\""), part == 1 {
                isQuoted.toggle()
                continue
            } else if !isQuoted {
                if byte == UInt8(ascii: ",") || byte == UInt8(ascii: " ") {
                    if part < 2 { finish(&members) }
                    if byte == UInt8(ascii: " ") { part += 1 }
                    continue
                }
                if byte == UInt8(ascii: "="), !isValue {
                    isValue = true
                    continue
                }
            }
            if isValue { value.append(byte) } else { name.append(byte) }
        }
        guard part == 2 else {
            finish(&members)
            return
        }
        // The last six digits are the record's sequence number, not time.
        seconds = Int64(String(decoding: name, as: UTF8.self)).map { Double($0 / 1_000_000) / 1000 }
    }
}
