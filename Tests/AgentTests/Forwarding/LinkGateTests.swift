import LogStore
import Records
import Testing
import Uplinks

@testable import Agent

struct LinkGateTests {
    private static let started = ContinuousClock.now
    /// 2026-11-27 00:00, a Friday.
    private static let midnight: Int64 = 1_795_737_600
    private static let boot = BootID(high: 1, low: 2)

    /// A moment by the wall clock, the agent having started at midnight.
    private static func moment(_ clock: String, day: Int64 = 0, isSynchronised: Bool = true) -> LinkMoment {
        let parts = clock.split(separator: ":").map { Int64($0)! }
        let seconds = day * 86_400 + parts[0] * 3600 + parts[1] * 60
        return LinkMoment(
            instant: started + .seconds(seconds),
            reading: ClockReading(
                boot: boot, bootMilliseconds: seconds * 1000, wallMilliseconds: (midnight + seconds) * 1000,
                isSynchronised: isSynchronised),
            local: LocalTime(seconds: midnight + seconds))
    }

    private static func link(_ change: (inout LinkConfiguration) -> Void) -> LinkConfiguration {
        var link = LinkConfiguration()
        change(&link)
        return link
    }

    private static func gate(_ windows: String..., delay: Duration = .zero) throws -> LinkGate {
        let windows = try windows.map { try ConnectionWindow($0) }
        let link = link { $0.windows = windows }
        return LinkGate(link, delay: delay, started: started)
    }

    // MARK: Windows

    @Test func `outside its windows a link is closed, and says when it opens`() throws {
        let gate = try Self.gate("0 2 * * * for 20m", "30 14 * * mon-fri for 1h")
        func closed(_ text: String, _ seconds: Int64 = 60) -> LinkGate.Answer {
            .closed("waits for the window at \(text)", askAgain: .seconds(seconds))
        }
        #expect(gate.answer(at: Self.moment("1:30")) == closed("02:00"))
        #expect(gate.answer(at: Self.moment("1:59")) == closed("02:00"))
        #expect(gate.answer(at: Self.moment("2:00")) == .open(lasts: .seconds(1200)))
        #expect(gate.answer(at: Self.moment("2:19")) == .open(lasts: .seconds(60)))
        #expect(gate.answer(at: Self.moment("2:20")) == closed("14:30"))
        #expect(gate.answer(at: Self.moment("15:00")) == .open(lasts: .seconds(1800)))
        #expect(gate.answer(at: Self.moment("16:00")) == closed("2026-11-28 02:00"))
        #expect(gate.answer(at: Self.moment("3:00", day: 1)) == closed("2026-11-29 02:00"), "a Saturday")
    }

    @Test func `windows that overlap are one, and one may cross midnight`() throws {
        let gate = try Self.gate("50 23 * * * for 20m", "0 0 * * * for 30m")
        #expect(gate.answer(at: Self.moment("23:55")) == .open(lasts: .seconds(15 * 60)))
        #expect(gate.answer(at: Self.moment("0:05", day: 1)) == .open(lasts: .seconds(25 * 60)))
    }

    @Test func `a clock that was never set closes nothing, one that is not synchronised does`() throws {
        let gate = try Self.gate("0 2 * * * for 20m")
        let reading = ClockReading(
            boot: Self.boot, bootMilliseconds: 0, wallMilliseconds: 5000, isSynchronised: false)
        let unset = LinkMoment(instant: Self.started, reading: reading, local: LocalTime(seconds: 5))
        #expect(gate.answer(at: unset) == .open(lasts: .seconds(60)))
        guard case .closed = gate.answer(at: Self.moment("1:00", isSynchronised: false)) else {
            Issue.record("a clock that goes on from before the start is good enough for a window")
            return
        }
    }

    @Test(arguments: [
        ("0 2 * * *", "expected five fields"), ("0 2 * * * for", "expected five fields"),
        ("0 2 * * for 20m", "expected five fields"), ("60 2 * * * for 20m", "\"60\" is no minute"),
        ("0 24 * * * for 20m", "\"24\" is no hour"), ("0 2 0 * * for 20m", "\"0\" is no day of the month"),
        ("0 2 * 13 * for 20m", "\"13\" is no month"), ("0 2 * * 8 for 20m", "\"8\" is no day of the week"),
        ("0 2 * * tues for 20m", "\"tues\" is no day of the week"), ("5-3 2 * * * for 20m", "\"5-3\" is no minute"),
        ("*/0 2 * * * for 20m", "\"*/0\" is no minute"), ("1, 2 * * * for 20m", "\"\" is no minute"),
        ("+1 2 * * * for 20m", "\"+1\" is no minute"), ("0 2 * * * for 30s", "30s is no duration"),
        ("0 2 * * * for 2d", "2d is no duration"), ("0 2 * * * for ever", "ever is no duration"),
    ])
    func `what is no window is named`(text: String, problem: String) {
        let error = #expect(throws: ConnectionWindow.Problem.self) { try ConnectionWindow(text) }
        #expect(error?.text.hasPrefix(problem) == true, "\(String(describing: error))")
    }

    @Test(arguments: [
        ("*/15 * * * * for 1m", "2026-11-27 00:15"), ("5,10-12 3 * * * for 1m", "2026-11-27 03:05"),
        ("0 2 1 * * for 1m", "2026-12-01 02:00"), ("0 0 29 2 * for 1m", "2028-02-29 00:00"),
        ("0 2 * * sun for 1m", "2026-11-29 02:00"), ("0 2 * * 0 for 1m", "2026-11-29 02:00"),
        ("0 2 * * 7 for 1m", "2026-11-29 02:00"), ("0 2 15 * mon for 1m", "2026-11-30 02:00"),
        ("0 2 * 3 * for 1m", "2027-03-01 02:00"), ("0 8-18/5 * * * for 1m", "2026-11-27 08:00"),
    ])
    func `fields are those of crontab`(text: String, next: String) throws {
        let opening = try ConnectionWindow(text).nextOpening(after: LocalTime(seconds: Self.midnight))
        #expect(opening.map { "\($0.dayText) \($0.clockText)" } == next)
    }

    // MARK: The spread

    @Test func `a fleet is spread evenly, and each gateway always the same`() throws {
        let spread = Duration.seconds(300)
        let name = try #require(UplinkName("central"))
        let delays = (0..<3000).map { number in
            LinkGate.delay(within: spread, for: GatewayID("plant7-gw\(number)")!, name)
        }
        #expect(delays.allSatisfy { $0 >= .zero && $0 < spread })
        let perTenSeconds = Dictionary(grouping: delays) { $0.components.seconds / 10 }.mapValues(\.count)
        #expect(perTenSeconds.count == 30 && perTenSeconds.values.allSatisfy { (50...150).contains($0) })
        #expect(delays[7] == LinkGate.delay(within: spread, for: GatewayID("plant7-gw7")!, name))
    }

    @Test func `a start and a window begin with the gateway's part of the spread`() throws {
        let gate = try Self.gate("0 2 * * * for 20m", delay: .seconds(90))
        let start = gate.answer(at: Self.moment("0:01"))
        guard case .closed(let text, let askAgain) = start else {
            Issue.record("\(start)")
            return
        }
        #expect(text.contains("start_spread") && askAgain == .seconds(30))
        #expect(
            gate.answer(at: Self.moment("2:01"))
                == .closed("waits for the window at 02:01", askAgain: .seconds(30)))
        #expect(gate.answer(at: Self.moment("2:02")) == .open(lasts: .seconds(18 * 60)))
    }

    // MARK: Budgets

    private static func account(_ period: LinkBudget.Period, _ usage: LinkUsage = LinkUsage()) -> BudgetAccount {
        BudgetAccount(LinkBudget(bytes: .bytes(1_000_000), period: period), usage: usage)
    }

    @Test func `a budget is for a period of the wall clock, and a restart begins none`() {
        var account = Self.account(.day)
        account.note(400_000, at: Self.moment("8:00"))
        #expect(account.bytesLeft == 600_000)
        account = Self.account(.day, account.usage)
        account.note(700_000, at: Self.moment("23:59"))
        #expect(account.bytesLeft == nil)
        #expect(account.spentText == "the day's budget of 1 MB is used up")
        account.note(1, at: Self.moment("0:00", day: 1))
        #expect(account.bytesLeft == 999_999)
        var month = Self.account(.month)
        month.note(1_000_000, at: Self.moment("8:00"))
        month.note(0, at: Self.moment("8:00", day: 3))
        #expect(month.bytesLeft == nil)
        month.note(0, at: Self.moment("0:00", day: 4))
        #expect(month.bytesLeft == 1_000_000)
    }

    @Test func `a clock that nobody keeps brings no new budget, nor does one that goes back`() {
        var account = Self.account(.day)
        account.note(1_000_000, at: Self.moment("8:00"))
        account.note(0, at: Self.moment("9:00", day: 400, isSynchronised: true).jumped(to: "9:00", running: 3600))
        #expect(account.bytesLeft != nil, "a synchronised clock is believed")
        account = Self.account(.day)
        account.note(1_000_000, at: Self.moment("8:00"))
        account.note(0, at: Self.moment("8:00", isSynchronised: false).jumped(to: "9:00", running: 3600, days: 400))
        #expect(account.bytesLeft == nil)
        account.note(0, at: Self.moment("8:00").jumped(to: "9:00", running: 7200, days: -400))
        #expect(account.bytesLeft == nil)
    }

    @Test func `without a clock a period ends when the agent has run for so long`() {
        var account = Self.account(.day)
        for hour in 0...23 as ClosedRange<Int64> {
            account.note(hour == 0 ? 1_000_000 : 0, at: Self.moment("\(hour):00", isSynchronised: false))
            #expect(account.bytesLeft == nil)
        }
        account.note(0, at: Self.moment("0:00", day: 1, isSynchronised: false))
        #expect(account.bytesLeft == 1_000_000)
        account.note(10, at: Self.moment("1:00", day: 1))
        #expect(account.bytesLeft == 999_990, "the clock is there again, and the period is the one that runs")
    }

    @Test func `when a budget is used up, only streams of the priority go on, or nothing`() throws {
        let name = try #require(UplinkName("central"))
        func control(_ priority: Int?, top: Int) -> LinkControl {
            let link = Self.link {
                $0.budget = LinkBudget(bytes: .bytes(1_000_000), period: .day)
                $0.budget?.priorityWhenSpent = priority
            }
            var control = LinkControl(
                link, gateway: GatewayID("gw")!, uplink: name, priorityTop: top, usage: LinkUsage(),
                at: Self.started)
            control.note(LinkTraffic(bytesSent: 1_000_000), at: Self.moment("8:00"))
            return control
        }
        let text = "the day's budget of 1 MB is used up"
        for (priority, top) in [(nil, 10), (20, 10)] as [(Int?, Int)] {
            var control = control(priority, top: top)
            #expect(
                control.admission(isShared: false, at: Self.moment("8:01")) == .closed(text, askAgain: .seconds(30)))
        }
        var some = control(10, top: 10)
        guard case .open(let opening) = some.admission(isShared: false, at: Self.moment("8:01")) else {
            Issue.record("alarms go on")
            return
        }
        #expect(opening.priorityMin == 10)
        #expect(some.holdText(opening) == text + "; only streams of priority 10 or more go on")
    }
}

extension LinkMoment {
    /// The same with another wall clock, the agent having run for so many seconds more.
    fileprivate func jumped(to clock: String, running: Int64, days: Int64 = 0) -> LinkMoment {
        var reading = reading
        reading.bootMilliseconds += running * 1000
        reading.wallMilliseconds += days * 86_400_000
        return LinkMoment(
            instant: instant + .seconds(running), reading: reading,
            local: LocalTime(seconds: local.seconds + days * 86_400))
    }
}
