import Records

/// What a response asks for in `Retry-After` (RFC 9110, 10.2.3).
public enum RetryAfter: Hashable, Sendable {
    /// A wait.
    case delay(Duration)
    /// A point in time, milliseconds since 1970, by a clock that did not say what it shows now.
    case date(milliseconds: Int64)

    /// Nil where the response does not ask for a wait, or not in a form that is one.
    ///
    /// A date is taken relative to the response's own `Date`, so that it is right where the gateway's clock is wrong.
    public init?(_ response: HTTPResponse) {
        guard let text = response.fields["retry-after"] else { return nil }
        let digits = text.utf8.drop { $0 == 0x20 }
        if !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) {
            // A number too large for 64 bits is a very long wait; the back-off cuts it.
            self = .delay(.seconds(Int64(String(Substring(digits))) ?? Int64(Int32.max)))
        } else if let date = HTTPDate.milliseconds(text) {
            if let now = response.fields["date"].flatMap({ HTTPDate.milliseconds($0) }) {
                self = .delay(.milliseconds(max(0, date - now)))
            } else {
                self = .date(milliseconds: date)
            }
        } else {
            return nil
        }
    }

    /// How long to wait, reckoned from now; nil where that would take a clock that knows the time.
    func delay(_ clock: any GatewayClock) -> Duration? {
        switch self {
        case .delay(let delay): return delay
        case .date(let milliseconds):
            let now = clock.read()
            return now.isSynchronised ? .milliseconds(max(0, milliseconds - now.wallMilliseconds)) : nil
        }
    }
}
