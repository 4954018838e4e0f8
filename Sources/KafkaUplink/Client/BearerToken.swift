import Records

/// A token for SASL OAUTHBEARER (RFC 7628), and what librdkafka must know of it beside.
struct BearerToken: Equatable {
    /// As it is sent; its name says what it is and nothing of what it holds.
    let text: String
    /// When it ends, milliseconds since 1970: the `exp` of a JSON Web Token (RFC 7519, 4.1.4); nil where it does not
    /// say.
    let expiryMilliseconds: Int64?
    /// `sub` of a JSON Web Token; empty where there is none.
    let principal: String

    /// Reads a token; nil where it holds what a header cannot carry (RFC 6750, 2.1).
    init?(_ text: String) {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x2C }) else { return nil }
        self.text = text
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let claims = parts.count == 3 ? Self.base64URL(parts[1]).map(Claims.init) : nil
        expiryMilliseconds = claims?.expirySeconds.map { $0 * 1000 }
        principal = claims?.subject ?? ""
    }

    /// What counts of the claims of a JSON Web Token.
    private struct Claims {
        var expirySeconds: Int64?
        var subject: String?

        /// Looks at the members of the outermost object only; text that is not JSON has none.
        init(_ text: [UInt8]) {
            var scanner = JSONScanner()
            var depth = 0
            var name: ArraySlice<UInt8> = []
            while true {
                switch scanner.next(in: text.span) {
                case .beginObject, .beginArray: depth += 1
                case .endObject, .endArray: depth -= 1
                case .key(let range): name = text[range]
                case .number(let range) where depth == 1 && name.elementsEqual("exp".utf8):
                    // A date may have a fraction (RFC 7519, section 2).
                    expirySeconds = Double(String(decoding: text[range], as: UTF8.self)).flatMap {
                        Int64(exactly: $0.rounded(.down))
                    }
                case .string(let range) where depth == 1 && name.elementsEqual("sub".utf8):
                    subject = String(decoding: text[range], as: UTF8.self)
                case .end, .invalid: return
                default: break
                }
            }
        }
    }

    /// RFC 4648, section 5, without padding; nil for anything else.
    private static func base64URL(_ text: some Collection<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in text {
            let value: UInt8
            switch byte {
            case 0x41...0x5A: value = byte - 0x41
            case 0x61...0x7A: value = byte - 0x61 + 26
            case 0x30...0x39: value = byte - 0x30 + 52
            case UInt8(ascii: "-"): value = 62
            case UInt8(ascii: "_"): value = 63
            default: return nil
            }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }
}
