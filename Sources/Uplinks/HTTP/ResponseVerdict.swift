/// What a response means for the records of its request.
public enum ResponseVerdict: Hashable, Sendable {
    /// All were taken.
    case accepted
    /// One answer for each record, in their order. Those that are missing at the end were not spoken of: they are sent
    /// again.
    case each([RecordVerdict])
    /// Not now. `after` is what the destination asked for, `isAlarm` that a person is needed.
    case retry(after: RetryAfter?, reason: String, isAlarm: Bool)
    /// The proof of who sends it was not accepted: once more with a new one if the signer can make one, else a retry
    /// with an alarm.
    case unauthorized(reason: String)
    /// It is too large, as it stands: the records go again in smaller requests.
    case tooLarge(reason: String)
    /// Something in it will never be taken: it is looked for by halves, and only the record that is to blame is
    /// rejected.
    case refused(reason: String)
}

/// What a response says of one record.
public enum RecordVerdict: Hashable, Sendable {
    /// It was taken.
    case accepted
    /// Not now: it is sent again, before anything that follows the request. `isAlarm` says that a person is needed.
    case retry(reason: String, isAlarm: Bool = false)
    /// It will never be taken.
    case refused(reason: String)
}

extension ResponseVerdict {
    /// What the status alone says (RFC 9110, 15; RFC 6585), as everything that is HTTP understands it.
    ///
    /// Only 400 and 422 speak of what is in the request, and only 413 of its size. Everything else that is not a
    /// success may be mended where the records cannot be blamed, so that no backlog is thrown away for it.
    public init(status response: HTTPResponse) {
        let reason = Self.reason(of: response)
        switch response.status {
        case 200..<300: self = .accepted
        case 300..<400: self = .retry(after: nil, reason: Self.redirection(response), isAlarm: true)
        case 400, 422: self = .refused(reason: reason)
        case 401, 403: self = .unauthorized(reason: reason)
        case 413: self = .tooLarge(reason: reason)
        case 408, 409, 421, 423, 424, 425, 429:
            self = .retry(after: RetryAfter(response), reason: reason, isAlarm: false)
        case 501, 505, 511: self = .retry(after: RetryAfter(response), reason: reason, isAlarm: true)
        case 500..<600: self = .retry(after: RetryAfter(response), reason: reason, isAlarm: false)
        default: self = .retry(after: RetryAfter(response), reason: reason, isAlarm: true)
        }
    }

    /// The status and the first words of the body, fit for one line of a log.
    public static func reason(of response: HTTPResponse) -> String {
        let words = firstWords(of: response.body)
        let name = statusNames[response.status].map { " \($0)" } ?? ""
        return "HTTP \(response.status)\(name)" + (words.isEmpty ? "" : ": \(words)")
    }

    /// The beginning of a text, with a blank for whatever is no printable character.
    static func firstWords(of body: some Collection<UInt8>, countMax: Int = 200) -> String {
        let text = String(decoding: body.prefix(countMax * 4), as: UTF8.self)
        var words = ""
        var count = 0
        for character in text where count < countMax {
            let isPlain =
                !character.isWhitespace
                && character.unicodeScalars.allSatisfy {
                    $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) && !(0x202A...0x202E).contains($0.value)
                }
            if isPlain {
                words.append(character)
                count += 1
            } else if !words.isEmpty, words.last != " " {
                words.append(" ")
                count += 1
            }
        }
        if words.last == " " { words.removeLast() }
        return words
    }

    private static func redirection(_ response: HTTPResponse) -> String {
        let target = response.fields["location"].map { ", to \(firstWords(of: $0.utf8))" } ?? ""
        return "HTTP \(response.status): the destination points elsewhere\(target); redirections are not followed, so "
            + "set the url to where the records are to go"
    }

    private static let statusNames = [
        400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found",
        405: "Method Not Allowed", 406: "Not Acceptable", 407: "Proxy Authentication Required", 408: "Request Timeout",
        409: "Conflict", 410: "Gone", 411: "Length Required", 412: "Precondition Failed", 413: "Content Too Large",
        414: "URI Too Long", 415: "Unsupported Media Type", 421: "Misdirected Request",
        422: "Unprocessable Content", 425: "Too Early", 426: "Upgrade Required", 429: "Too Many Requests",
        431: "Request Header Fields Too Large", 500: "Internal Server Error", 501: "Not Implemented",
        502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout", 507: "Insufficient Storage",
        511: "Network Authentication Required",
    ]
}
