import Records
import Uplinks

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
        let claims = parts.count == 3 ? Base64URL.bytes(Array(parts[1]).span).map(Claims.init) : nil
        expiryMilliseconds = claims?.expirySeconds.flatMap { seconds in
            let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1000)
            return overflow ? nil : milliseconds
        }
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
}
