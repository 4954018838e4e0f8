import SerialIO

/// Putting values into requests.
extension Parameter {
    /// The value in bytes, as ``type`` says; nil where it does not fit.
    public func encode(_ text: String) -> [UInt8]? {
        switch type.coding {
        case .unsigned, .signed: return encodeInteger(text)
        case .bcd, .hex:
            // Digits above 9 are allowed in BCD: AA stands for any in the addresses of DL/T 645.
            let digits = text.compactMap { $0.isASCII ? $0.hexDigitValue : nil }
            guard digits.count == text.count, digits.count <= size * 2, type.coding == .bcd || digits.count == size * 2
            else { return nil }
            let padded = Array(repeating: 0, count: size * 2 - digits.count) + digits
            let bytes = (0..<size).map { UInt8(padded[$0 * 2] << 4 | padded[$0 * 2 + 1]) }
            return type.order == .little ? bytes.reversed() : bytes
        case .text:
            let bytes = Array(text.utf8)
            return bytes.count <= size ? bytes + Array(repeating: 0x20, count: size - bytes.count) : nil
        case .signMagnitude, .float, .digits, .hexDigits, .signedHexDigits, .kmp: return nil
        }
    }

    private func encodeInteger(_ text: String) -> [UInt8]? {
        let isHexadecimal = text.hasPrefix("0x") || text.hasPrefix("0X")
        guard let number = isHexadecimal ? Int(text.dropFirst(2), radix: 16) : Int(text) else { return nil }
        if size < 8 {
            let values = type.coding == .signed ? 1 << (size * 8 - 1) : 1 << (size * 8)
            guard number < values, number >= (type.coding == .signed ? -values : 0) else { return nil }
        }
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
        return type.order == .little ? bytes : bytes.reversed()
    }
}

extension RequestTemplate {
    /// What a request begins with, whatever its parameters are: all of it but what stands behind a parameter of text,
    /// whose size is not known.
    func pattern(_ parameters: [Parameter]) -> BytePattern {
        var bytes: [UInt8?] = []
        for piece in pieces {
            switch piece {
            case .bytes(let fixed): bytes += fixed.map { $0 }
            case .check: bytes += Array(repeating: nil, count: checksum.map { Checksum($0).size } ?? 0)
            case .parameter(let name):
                guard !isText, let parameter = parameters.first(where: { $0.name == name }) else {
                    return BytePattern(bytes)
                }
                bytes += Array(repeating: nil, count: parameter.size)
            }
        }
        return BytePattern(bytes)
    }

    /// The bytes to send.
    ///
    /// - Parameters:
    ///   - values: parameters by name, as the configuration gives them.
    ///   - parameters: how they are put into bytes, and their defaults.
    /// - Returns: nil where a parameter has no value, or one that does not fit its type.
    public func bytes(_ values: [String: String] = [:], parameters: [Parameter] = []) -> [UInt8]? {
        let sum = checksum.map { Checksum($0) }
        var bytes: [UInt8] = []
        var place: Int?
        for piece in pieces {
            switch piece {
            case .bytes(let fixed): bytes += fixed
            case .check:
                place = bytes.count
                bytes += Array(repeating: 0, count: sum?.size ?? 0)
            case .parameter(let name):
                guard let parameter = parameters.first(where: { $0.name == name }),
                    let text = values[name] ?? parameter.defaultText
                else { return nil }
                if isText {
                    bytes += text.utf8
                } else {
                    guard let encoded = parameter.encode(text) else { return nil }
                    bytes += encoded
                }
            }
        }
        guard let place, let sum else { return bytes }
        func offset(_ offset: Int) -> Int { offset < 0 ? bytes.count + offset : offset }
        let from = offset(sum.rule.from)
        let to = sum.rule.to.map(offset) ?? place
        guard from >= 0, from <= to, to <= bytes.count else { return nil }
        let check = sum.bytes(of: Array(bytes[from..<to]))
        bytes.replaceSubrange(place..<place + check.count, with: check)
        return bytes
    }

    /// Whether bytes are this request, whatever its parameters are.
    public func matches(_ bytes: [UInt8], parameters: [Parameter] = []) -> Bool {
        matches(bytes[...], pieces[...], parameters)
    }

    private func matches(_ bytes: ArraySlice<UInt8>, _ pieces: ArraySlice<Piece>, _ parameters: [Parameter]) -> Bool {
        guard let piece = pieces.first else { return bytes.isEmpty }
        let rest = pieces.dropFirst()
        switch piece {
        case .bytes(let fixed):
            return bytes.starts(with: fixed) && matches(bytes.dropFirst(fixed.count), rest, parameters)
        case .check:
            let size = checksum.map { Checksum($0).size } ?? 0
            return bytes.count >= size && matches(bytes.dropFirst(size), rest, parameters)
        case .parameter(let name):
            // In text a parameter is as long as it is written.
            let size = parameters.first { $0.name == name }?.size ?? 0
            let sizes = isText ? 1...max(1, bytes.count) : size...size
            return sizes.contains { $0 <= bytes.count && matches(bytes.dropFirst($0), rest, parameters) }
        }
    }
}
