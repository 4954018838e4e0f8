/// How large messages of many records are made: as large as allowed, and smaller while that does not get through.
///
/// A broker that calls a message too large sets a lasting ceiling. A connection that breaks again and again before
/// anything was confirmed makes messages smaller for a while: on a line that holds for seconds only a small one gets
/// through, and a broker that answers a too large one by hanging up looks the same.
struct MessageSize: Equatable, Sendable {
    /// Bytes of JSON that a message may have now. A target: one record goes out whatever its size.
    private(set) var target: Int
    private var ceiling: Int
    /// Sends in a row that were cut before anything was confirmed.
    private var cuts = 0

    init(max: Int) {
        target = max
        ceiling = max
    }

    /// Everything that was sent is confirmed.
    mutating func allConfirmed() {
        cuts = 0
        target = min(ceiling, target * 2)
    }

    /// The connection broke, or the broker fell silent, before anything was confirmed.
    mutating func cutWithoutProgress() {
        cuts += 1
        if cuts > 1 { target = max(1, target / 2) }
    }

    /// The broker does not take a message of this many bytes, as estimated.
    mutating func refused(size: Int) {
        ceiling = max(1, min(target, size) / 2)
        target = ceiling
    }
}
