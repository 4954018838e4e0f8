import LogStore
import Records
import Uplinks

/// What is left of a budget for a day or a month. The period is that of the wall clock, once that is synchronised;
/// without it, a period ends when the agent has run for a day or 31 days. So a wrong clock never brings a new budget,
/// and no clock does not stop an uplink for ever.
struct BudgetAccount: Sendable {
    let budget: LinkBudget
    /// What is to be kept over a restart.
    private(set) var usage: LinkUsage
    private var last: ClockReading?

    init(_ budget: LinkBudget, usage: LinkUsage) {
        self.budget = budget
        self.usage = usage
    }

    /// Nil when nothing is left.
    var bytesLeft: UInt64? {
        let limit = UInt64(budget.bytes.rawValue)
        return usage.bytes < limit ? limit - usage.bytes : nil
    }

    /// Notes what was moved, and begins a new period when it is time.
    mutating func note(_ bytes: UInt64, at moment: LinkMoment) {
        let now = moment.reading
        if let last, last.boot == now.boot {
            usage.runningMilliseconds += max(0, now.bootMilliseconds - last.bootMilliseconds)
        }
        last = now
        let period = now.isSynchronised ? (budget.period == .day ? moment.local.dayText : moment.local.monthText) : nil
        if let period, let known = usage.period, period > known {
            begin(period)
        } else if usage.runningMilliseconds >= runningMax, period == nil || period != usage.period {
            begin(period)
        } else if usage.period == nil {
            usage.period = period
        }
        usage.bytes += bytes
    }

    private mutating func begin(_ period: String?) {
        usage = LinkUsage()
        usage.period = period
    }

    private var runningMax: Int64 { (budget.period == .day ? 1 : 31) * 86_400_000 }

    /// Why nothing is sent when nothing is left.
    var spentText: String { "the \(budget.period.rawValue)'s budget of \(budget.bytes.contractText) is used up" }
}
