import Records

/// What is known of each record of a batch while it is being delivered, and what is to be sent next.
///
/// Pure: it decides, the uplink sends. Records are known by their index in the batch.
///
/// | after | the next request holds |
/// |---|---|
/// | nothing special | the records from the first open one on, as many as fit |
/// | some of a request were taken, some not | those that were not, alone and in order, before anything new |
/// | a refused request | half of it, and so on, until the record that is to blame is alone |
/// | a record refused alone, in doubt | single records from all over the batch: is any of them taken? |
struct Settlement {
    /// What is known of one record.
    enum State: Hashable {
        case open
        case accepted
        /// It was refused by itself, by a destination that takes nothing at the moment.
        case doubtful
        /// It will never be taken.
        case refused(reason: String)
    }

    /// Single records that are tried in doubt before it is given up for now.
    static let probesMax = 16

    private(set) var states: [State]
    /// Whether the destination is to be believed; the uplink keeps it from batch to batch.
    private(set) var trust: DestinationTrust
    /// Why the destination refused the last record that was refused in doubt.
    private(set) var doubt: String?
    /// Records of a refused request, of which one at least is to blame.
    private var suspects: [Int] = []
    /// Records in one request: bad ones mostly come in a row, so that behind one it grows anew from a single record.
    private var recordsMax = Int.max
    /// Records that are tried one by one while the destination is in doubt.
    private var probes: [Int] = []
    /// Refused in doubt, then taken up again since the destination takes others: one more refusal is believed.
    private var retrials: Set<Int> = []

    /// - Parameter states: what is known from earlier attempts.
    init(states: [State], trust: DestinationTrust) {
        self.states = states
        self.trust = trust
    }

    /// Records at the beginning that are done with: taken by the destination.
    var acceptedPrefix: Int { states.prefix { $0 == .accepted }.count }

    /// The records that may go next, in order; the uplink takes as many of them, from the first on, as one request
    /// holds. Empty when there is nothing more to try now.
    func candidates() -> [Int] {
        if !suspects.isEmpty { return Array(suspects.prefix((suspects.count + 1) / 2)) }
        if doubt != nil { return Array(probes.prefix(1)) }
        let end = (states.lastIndex { $0 == .accepted }).map { $0 + 1 } ?? 0
        let left = states.indices.prefix(end).filter { states[$0] == .open }
        let next = left.isEmpty ? states.indices.dropFirst(end).filter { states[$0] == .open } : left
        return Array(next.prefix(recordsMax))
    }

    /// The destination has taken these.
    mutating func accept(_ indices: some Sequence<Int>) {
        for index in indices { states[index] = .accepted }
        trust.accepted()
        recordsMax = recordsMax > states.count ? recordsMax : recordsMax * 2
        suspects.removeAll { states[$0] == .accepted }
        guard doubt != nil else { return }
        // It is the records after all: those that were refused are asked for once more, and then it counts.
        doubt = nil
        probes = []
        for index in states.indices where states[index] == .doubtful {
            states[index] = .open
            retrials.insert(index)
        }
    }

    /// The destination has refused a request with these.
    mutating func refuse(_ indices: [Int], reason: String) {
        guard indices.count == 1, let index = indices.first else {
            suspects = indices
            return
        }
        suspects = []
        probes.removeAll { $0 == index }
        recordsMax = 1
        if retrials.contains(index) || trust.refused() {
            states[index] = .refused(reason: reason)
        } else {
            states[index] = .doubtful
            if doubt == nil { planProbes() }
            doubt = reason
        }
    }

    /// The record can never be sent, whatever the destination says.
    mutating func condemn(_ index: Int, reason: String) {
        states[index] = .refused(reason: reason)
        suspects.removeAll { $0 == index }
        probes.removeAll { $0 == index }
    }

    /// Single records in growing steps, the next one first: where one alone was bad the order is kept, and where many
    /// are in a row, as is usual, one is found that is not among them.
    private mutating func planProbes() {
        let open = states.indices.filter { states[$0] == .open }
        probes = (0..<Self.probesMax).map { 1 << $0 - 1 }.filter { $0 < open.count - 1 }.map { open[$0] }
        if let last = open.last, probes.count < Self.probesMax { probes.append(last) }
    }
}
