/// Divides a link between what is live and the backlog: live first, as long as the backlog has had its share of the
/// bytes. What one does not use the other gets, and nobody saves up for later. When all that is live has been sent, it
/// is the backlog's turn: else what comes in meanwhile, a record or two, would keep a long way busy.
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

    private var isLiveDone = false

    /// Who is asked first.
    var order: [Lane] { backlog < live || isLiveDone ? [.backlog, .live] : [.live, .backlog] }

    /// Notes what was given.
    ///
    /// - Parameters:
    ///   - isAll: it was all that there was for the lane.
    ///   - isAlone: the other lane has nothing, or may not send now.
    mutating func gave(_ bytes: Int, to lane: Lane, isAll: Bool, isAlone: Bool) {
        isLiveDone = lane == .live && isAll
        switch lane {
        case .live: live += Double(bytes) / (1 - backlogShare)
        case .backlog: backlog += Double(bytes) / backlogShare
        }
        if isLiveDone { live = min(live, backlog) }
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
