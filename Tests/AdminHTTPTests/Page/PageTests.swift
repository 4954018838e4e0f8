import AgentTestKit
import Agent
import Records
import Simulation
import Testing

/// The page in a real browser, by what it shows.
@Suite(.serialized, .enabled(if: Chromium.isInstalled, "Debian's package chromium is not installed"))
struct PageTests {
    @Test func `the page shows what the status says`() async throws {
        let rig = try await PageRig()
        let tab = rig.tab
        #expect(try await rig.open())
        #expect(try await tab.text("#gateway") == "plant7-gw2")
        #expect(try await tab.text("#verdict") == "All is well")
        #expect(try await tab.texts("#flow-picture .box .box-name") == ["shopfloor", "bus1", "central"])
        #expect(try await tab.texts("#flow-picture .box-rate") == ["380/s", "32.4/s", "412/s"])
        #expect(try await tab.texts("#log-list h3") == ["telemetry", "alarms", "Flash wear"])
        #expect(try await tab.text("#log-list article:nth-child(1)").contains("4 d 1 h"))
        #expect(try await tab.text("#log-list article:nth-child(3)").contains("1.2 GiB a day"))
        #expect(try await tab.text("#log-list article:nth-child(3)").contains("18 years"))
        #expect(try await tab.text("#uplinks-list article").contains("certificate ends in 7 months"))
        #expect(try await tab.texts("#devices-list h3") == ["climate-1", "climate-3", "meter-2"])
        #expect(
            try await tab.texts("#devices-list article:first-child .value") == [
                "21.6\u{202F}°C", "44.1\u{202F}%\u{202F}RH", "yes",
            ])
        #expect(try await tab.text("#sources-rows").contains("3 checksum errors and 12 time-outs of 91,300 requests"))
        #expect(try await tab.text("#lost-words").hasPrefix("None."))
        #expect(tab.complaints == [])
    }

    @Test func `what has changed is shown without a reload`() async throws {
        let rig = try await PageRig()
        #expect(try await rig.open())
        try await rig.tab.evaluate("window.isSame = true")
        var status = AgentStatus.plant()
        status.devices[0].readings[0].reading.value = .number(-3.5)
        rig.agent.status = status
        #expect(
            try await rig.tab.shows("document.querySelector('#devices-list .value').innerText.startsWith('-3.5')"))
        #expect(try await rig.tab.evaluate("window.isSame").boolean == true)
    }

    @Test func `everything that is wrong is told in words, what is lost in red`() async throws {
        let rig = try await PageRig(.brokenPlant())
        let tab = rig.tab
        #expect(try await rig.open())
        #expect(try await tab.text("#verdict") == "3 errors and 1 warning")
        #expect(try await tab.texts("#problems-list li").count == 4)
        let central = try await tab.text("#uplinks-list article")
        for words in [
            "No link", "No route to central.example:8883.", "Next try in 2", "room for another 33 min", "3 days ago",
        ] {
            #expect(central.contains(words), "\(central)")
        }
        #expect(try await tab.text("#uplinks-list article:nth-child(2) .badge") == "Needs you")
        #expect(try await tab.text("#lost-words").hasPrefix("312 records will never arrive."))
        let range = try await tab.text("#lost-rows tr")
        #expect(range.contains("9,001 – 9,312") && range.contains("overwritten before it was forwarded"))
        let color = try await tab.evaluate("getComputedStyle(document.querySelector('#lost-rows td')).color").text
        #expect(color == "rgb(179, 38, 30)")
        #expect(try await tab.text("#devices-count") == "20 devices, 1 out of range, 5 silent")
        #expect(
            try await tab.text("#devices-list article:nth-child(1) .trouble") == "Temperature is above 21\u{202F}°C.")
        #expect(try await tab.text("#devices-list article:nth-child(2) .badge") == "Silent, heard 1 h 7 min ago")
        #expect(try await tab.text("#events-list li").contains("refuses the connection"))
        #expect(tab.complaints == [])
    }

    @Test func `text of devices and brokers is never HTML`() async throws {
        let attack = #"<img src=x onerror="window.isHit=1"><script>window.isHit=1</script>"#
        var status = AgentStatus.brokenPlant(devices: 2)
        status.devices[0].name = attack
        status.devices[0].profile = attack
        status.devices[0].readings[0].reading = Reading(name: attack, value: .text(attack), unit: attack)
        status.mqttSources[0].problem = attack
        status.uplinks[0].problem = attack
        status.problems[0].text = attack
        status.events[0].text = attack
        let rig = try await PageRig(status)
        #expect(try await rig.open())
        #expect(try await rig.tab.texts("#devices-list h3").contains(attack))
        #expect(try await rig.tab.text("#problems-list li").contains(attack))
        #expect(try await rig.tab.evaluate("document.querySelectorAll('main img, main script').length").number == 0)
        #expect(try await rig.tab.evaluate("window.isHit === undefined").boolean == true)
        #expect(rig.tab.complaints == [])
    }

    @Test func `no request leaves for another place`() async throws {
        let rig = try await PageRig(.brokenPlant())
        #expect(try await rig.open())
        let asked = rig.agent.asked
        #expect(await eventually { rig.agent.asked > asked })
        let requests = rig.tab.requests
        #expect(requests.count > 10)
        #expect(requests.filter { !$0.hasPrefix(rig.address) } == [])
    }

    @Test func `what the page loads and asks for travels compressed`() async throws {
        let rig = try await PageRig(.plant(devices: 20))
        #expect(try await rig.open())
        let sizes = try await rig.tab.evaluate(
            """
            performance.getEntriesByType("resource").filter((entry) => /status$|main.js$/.test(entry.name))
              .map((entry) => ({ decoded: entry.decodedBodySize, encoded: entry.encodedBodySize }))
            """
        ).elements
        #expect(sizes.count >= 2)
        for size in sizes {
            let (decoded, encoded) = (size["decoded"]?.number ?? 0, size["encoded"]?.number ?? 0)
            #expect(encoded > 0 && encoded < decoded / 1.8, "\(encoded) of \(decoded) bytes")
        }
    }

    @Test func `of 300 devices the first are shown, all on request, and one is found by its text`() async throws {
        let rig = try await PageRig(.plant(devices: 300))
        let tab = rig.tab
        #expect(try await rig.open())
        #expect(try await tab.texts("#devices-list article").count == 48)
        #expect(try await tab.text("#devices-count") == "300 devices")
        try await tab.evaluate("document.getElementById('devices-more').click()")
        #expect(try await tab.evaluate("document.querySelectorAll('#devices-list article').length").number == 300)
        #expect(
            try await tab.evaluate(
                "[...document.querySelectorAll('#devices-list article')].indexOf(document.activeElement)"
            ).number == 48)
        try await tab.evaluate("document.getElementById('devices-find').focus()")
        try await tab.call("Input.insertText", ["text": "METER-30"])
        #expect(try await tab.shows("document.querySelectorAll('#devices-list article').length === 2"))
        #expect(try await tab.texts("#devices-list h3") == ["meter-30", "meter-300"])
        #expect(try await tab.text("#devices-count") == "2 of 300 devices")
    }

    @Test func `a token is asked for, a wrong one is told, and the right one opens`() async throws {
        let rig = try await PageRig(isUnlocked: false)
        let tab = rig.tab
        try await tab.open(rig.address)
        #expect(try await tab.shows("document.getElementById('lock')?.hidden === false"))
        #expect(try await tab.evaluate("document.activeElement.id").text == "token")
        try await tab.call("Input.insertText", ["text": "not the token"])
        try await tab.press("Enter", code: 13, text: "\r")
        #expect(try await tab.shows("document.getElementById('lock-complaint').innerText !== ''"))
        #expect(try await tab.text("#lock-complaint") == "This token does not fit.")
        #expect(try await tab.evaluate("document.getElementById('content').hidden").boolean == true)
        try await tab.call("Input.insertText", ["text": .string(PageRig.token)])
        try await tab.press("Enter", code: 13, text: "\r")
        #expect(try await tab.shows("!document.getElementById('content').hidden"))
        #expect(try await tab.evaluate("document.getElementById('lock').hidden").boolean == true)
        #expect(tab.requests.allSatisfy { !$0.contains(PageRig.token) })
    }
}
