/// Divides a link between what is live and the backlog: live first, as long as the backlog has had its share of the
/// bytes. What one does not use the other gets, and nobody saves up for later.
struct LaneShare: Sendable {
    /// Of the link, above 0 and below 1.
    private let backlogShare: Double
    /// What each was given, divided by its share; only the difference counts.
    private var live = 0.0
    private var backlog = 0.0

    init(backlogShare: Double) {
        precondition(0 < backlogShare && backlogShare < 1, "each lane has a share")
        self.backlogShare = backlogShare
    }

    /// Who is asked first.
    var order: [Lane] { backlog < live ? [.backlog, .live] : [.live, .backlog] }

    /// Notes what was given.
    ///
    /// - Parameter isAlone: the other lane has nothing, or may not send now.
    mutating func gave(_ bytes: Int, to lane: Lane, isAlone: Bool) {
        switch lane {
        case .live: live += Double(bytes) / (1 - backlogShare)
        case .backlog: backlog += Double(bytes) / backlogShare
        }
        if isAlone {
            switch lane {
            case .live: backlog = max(backlog, live)
            case .backlog: live = max(live, backlog)
            }
        }
        let common = min(live, backlog)
        live -= common
        backlog -= common
    }
}
