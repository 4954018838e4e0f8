import AgentTestKit
import Agent
import Simulation
import Testing

/// What the page does when nobody looks, and when nothing answers.
@Suite(.serialized, .enabled(if: Chromium.isInstalled, "Debian's package chromium is not installed"))
struct PageConnectionTests {
    @Test func `when the agent goes away the page says since when, and it comes back by itself`() async throws {
        let rig = try await PageRig()
        let tab = rig.tab
        #expect(try await rig.open())
        rig.relay.behaviour = .cut
        #expect(try await tab.shows("!document.getElementById('away').hidden"))
        let title = try await tab.text("#away-title")
        #expect(title.contains(#/^The agent is away since \d\d:\d\d:\d\d$/#), "\(title)")
        #expect(try await tab.text("#verdict") == "Away")
        let reason = try await tab.text("#away-reason")
        #expect(reason.hasPrefix("Nothing answers at its address. What is shown below is how it stood then."))
        #expect(try await tab.shows("/Next try in \\d+ s/.test(document.getElementById('away-reason').innerText)"))
        #expect(try await tab.evaluate("document.getElementById('content').hidden").boolean == false)
        #expect(try await tab.shows("document.getElementById('announcer').innerText.includes('away since')"))

        rig.relay.behaviour = .passing
        #expect(try await tab.shows("document.getElementById('away').hidden"))
        #expect(try await tab.text("#verdict") == "All is well")
        #expect(try await tab.shows("document.getElementById('announcer').innerText.includes('answers again')"))
    }

    @Test func `somebody who does not want to wait tries at once`() async throws {
        let rig = try await PageRig()
        #expect(try await rig.open())
        rig.relay.behaviour = .cut
        // After some failures the pause is long.
        #expect(
            try await rig.tab.shows(
                "/Next try in ([6-9]|[12]\\d) s/.test(document.getElementById('away-reason').innerText)"))
        rig.relay.behaviour = .passing
        try await rig.tab.evaluate("document.getElementById('away-retry').click()")
        #expect(try await rig.tab.shows("document.getElementById('away').hidden"))
    }

    @Test func `a tab that nobody sees asks nothing, and asks at once when it is seen`() async throws {
        let rig = try await PageRig()
        #expect(try await rig.open())
        try await rig.tab.evaluate(Self.hide(true))
        let asked = rig.agent.asked
        // Longer than the page waits between two questions when it is seen.
        try await rig.tab.evaluate("new Promise((done) => setTimeout(done, 5000))")
        #expect(rig.agent.asked == asked)
        try await rig.tab.evaluate(Self.hide(false))
        #expect(await eventually { rig.agent.asked > asked })
    }

    @Test func `after an upgrade of the agent the page loads itself again`() async throws {
        let rig = try await PageRig()
        #expect(try await rig.open())
        try await rig.tab.evaluate("window.isOld = true")
        var status = AgentStatus.plant()
        status.version = "10.0.0"
        rig.agent.status = status
        #expect(try await rig.tab.shows("window.isOld === undefined"))
        #expect(try await rig.tab.shows("document.getElementById('about')?.innerText.includes('10.0.0')"))
    }

    @Test func `something else that answers is not taken for an agent`() async throws {
        let rig = try await PageRig()
        #expect(try await rig.open())
        try await rig.tab.evaluate("window.fetch = async () => new Response('{\"log\":7}')")
        #expect(try await rig.tab.shows("document.getElementById('away-reason').innerText.includes('not Millrace')"))
        #expect(rig.tab.complaints == [])
    }

    private static func hide(_ isHidden: Bool) -> String {
        "Object.defineProperty(document, 'hidden', { value: \(isHidden), configurable: true });"
            + "document.dispatchEvent(new Event('visibilitychange'))"
    }
}
