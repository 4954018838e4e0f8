import Uplinks

/// How near the end of a credential is: 30, 7 and 1 days before, or earlier in its life where it is short.
///
/// What is good for a day only is renewed by a program, at about two thirds of its life; a warning a month before would
/// always be there. So a warning comes when less is left than the days say and than a third, a sixth and a twelfth of
/// the whole.
public enum CredentialUrgency: Int, Comparable, Sendable {
    /// There is time.
    case none
    /// A month.
    case soon
    /// A week.
    case near
    /// A day.
    case last
    /// It is over.
    case over

    private static let steps: [(urgency: CredentialUrgency, days: Int64, part: Int64)] = [
        (.last, 1, 12), (.near, 7, 6), (.soon, 30, 3),
    ]

    /// - Parameter now: seconds since 1970.
    init(_ validity: Validity, now: Int64) {
        let left = validity.end - now
        guard left > 0 else {
            self = .over
            return
        }
        let life = validity.start.map { max(0, validity.end - $0) } ?? .max
        self = Self.steps.first { left <= min($0.days * 86_400, life / $0.part) }?.urgency ?? .none
    }

    /// By how near the end is.
    public static func < (one: CredentialUrgency, other: CredentialUrgency) -> Bool { one.rawValue < other.rawValue }
}
