/// Whether a record that was refused by itself is to blame, or the destination.
///
/// One bad record among good ones is the record's fault. A destination that refuses one after the other is set up
/// wrongly, and what it says of the records means nothing: a wrong schema or unit of time in the url must not throw a
/// backlog away. So a refusal counts only while the destination has taken something, and only for so many in a row.
struct DestinationTrust: Equatable, Sendable {
    /// Refusals in a row, without a record taken in between, that are believed.
    static let refusalsMax = 16

    /// Refusals since something was taken last; at the start as many as it takes to doubt.
    private var refusals = Self.refusalsMax

    /// Whether the next refusal would not be believed.
    var isInDoubt: Bool { refusals >= Self.refusalsMax }

    /// The destination has taken something.
    mutating func accepted() { refusals = 0 }

    /// The destination has refused a record by itself; whether the record is to blame.
    mutating func refused() -> Bool {
        guard !isInDoubt else { return false }
        refusals += 1
        return true
    }
}
