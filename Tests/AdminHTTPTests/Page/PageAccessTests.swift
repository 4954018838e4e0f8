import AgentTestKit
import Agent
import Simulation
import Testing

/// The page for people who see it otherwise than on a desk in daylight: by ear, by keyboard, on a phone, in the dark.
@Suite(.serialized, .enabled(if: Chromium.isInstalled, "Debian's package chromium is not installed"))
struct PageAccessTests {
    @Test func `a screen reader meets landmarks, headings, tables, and pictures with words`() async throws {
        let rig = try await PageRig(.brokenPlant(devices: 8))
        #expect(try await rig.open())
        let nodes = try await rig.tab.accessibilityTree()
        let roles = Set(nodes.map(\.role))
        for role in ["banner", "navigation", "main", "contentinfo", "status", "search", "region", "table", "rowheader"]
        {
            #expect(roles.contains(role), "\(role) is missing from \(roles.sorted())")
        }
        let headings = nodes.filter { $0.role == "heading" }.map(\.name)
        for name in [
            "plant7-gw2", "What is wrong", "At a glance", "Flow", "Uplinks", "Lost records", "Devices", "climate-1",
        ] {
            #expect(headings.contains(name), "\(name) is missing from \(headings)")
        }
        let pictures = nodes.filter { ["image", "img"].contains($0.role) }.map(\.name)
        #expect(pictures.filter(\.isEmpty) == [])
        let flow = try #require(pictures.first { $0.hasPrefix("Records flow from 2 sources") })
        #expect(flow.contains("shopfloor (not connected) brings 0 a second"))
        #expect(flow.contains("central (no link)"))
        #expect(pictures.contains { $0.hasPrefix("lately between 21.6\u{202F}°C and ") })
        #expect(nodes.contains(AccessibleNode(role: "table", name: "Last readings of climate-1")))
        #expect(nodes.contains(AccessibleNode(role: "table", name: "Ranges of records that will never arrive")))
        let controls: Set = ["button", "link", "textbox", "searchbox"]
        #expect(nodes.filter { controls.contains($0.role) && $0.name.isEmpty } == [])
    }

    @Test func `a live region tells the verdict once, and never a rate`() async throws {
        let rig = try await PageRig()
        #expect(try await rig.open())
        #expect(try await rig.tab.shows("document.getElementById('announcer').innerText === 'All is well'"))
        try await rig.tab.evaluate(
            """
            window.told = []; window.live = [...document.querySelectorAll('[role=status], [role=alert], [aria-live]')];
            for (const region of live) new MutationObserver(() => told.push(region.innerText))
              .observe(region, { childList: true, subtree: true, characterData: true })
            """)
        for rate in [500.0, 600, 700] {
            var status = AgentStatus.plant()
            status.log.streams[0].rate = rate
            status.mqttSources[0].rate = rate
            rig.agent.status = status
            #expect(try await rig.tab.shows("document.querySelector('.box-rate').innerText === '\(Int(rate))/s'"))
        }
        #expect(try await rig.tab.evaluate("told").elements == [])
        rig.agent.status = .brokenPlant()
        #expect(try await rig.tab.shows("told.length > 0"))
        #expect(try await rig.tab.evaluate("told").texts.first?.hasPrefix("3 errors and 1 warning. log: ") == true)
    }

    @Test(arguments: ["light", "dark"]) func `every text has the contrast of WCAG AA`(scheme: String) async throws {
        let rig = try await PageRig(.brokenPlant())
        try await rig.tab.prefer(["prefers-color-scheme": scheme])
        #expect(try await rig.open())
        let isDark = try await rig.tab.evaluate("matchMedia('(prefers-color-scheme: dark)').matches").boolean
        #expect(isDark == (scheme == "dark"))
        #expect(try await rig.tab.evaluate(PageProbe.poorContrast).texts == [])
        rig.agent.status = .plant()
        #expect(try await rig.tab.shows("document.getElementById('verdict').innerText === 'All is well'"))
        #expect(try await rig.tab.evaluate(PageProbe.poorContrast).texts == [])
        rig.relay.behaviour = .cut
        #expect(try await rig.tab.shows("!document.getElementById('away').hidden"))
        #expect(try await rig.tab.evaluate(PageProbe.poorContrast).texts == [])
    }

    @Test func `the keyboard reaches everything in the order in which it is read, and shows where it is`() async throws
    {
        let rig = try await PageRig(.brokenPlant(devices: 60))
        #expect(try await rig.open())
        var stops: [(name: String, place: Double)] = []
        for _ in 0..<20 {
            try await rig.tab.press("Tab", code: 9)
            let focus = try await rig.tab.evaluate(PageProbe.focus)
            let (name, place) = (focus["name"]?.text ?? "", focus["place"]?.number ?? -1)
            if name == "BODY" || stops.contains(where: { $0.place == place }) { break }
            #expect(focus["seen"]?.boolean == true, "nobody sees that \(name) has the focus")
            stops.append((name, place))
        }
        #expect(stops.map(\.place) == stops.map(\.place).sorted())
        let names = stops.map(\.name)
        #expect(names.first == "Skip to the content")
        for name in ["Flow", "Events", "lost-scroll", "devices-find", "devices-more"] {
            #expect(names.contains(name), "\(name) is missing from \(names)")
        }
        // The first of them leads past the others.
        try await rig.tab.evaluate("document.querySelector('.skip').focus()")
        try await rig.tab.press("Enter", code: 13, text: "\r")
        #expect(try await rig.tab.shows("document.activeElement.id === 'main'"))
    }

    @Test(arguments: [320, 375, 768, 1440]) func `nothing is wider than the screen`(width: Int) async throws {
        let rig = try await PageRig(.brokenPlant(devices: 60))
        try await rig.tab.size(width: width, height: 800)
        #expect(try await rig.open())
        #expect(try await rig.tab.evaluate("innerWidth").number == Double(width))
        #expect(try await rig.tab.evaluate("document.documentElement.scrollWidth").number == Double(width))
        #expect(try await rig.tab.evaluate(PageProbe.tooWide).texts == [])
    }

    @Test func `water runs, but not for people who have asked for less motion`() async throws {
        let rig = try await PageRig()
        #expect(try await rig.open())
        #expect(try await rig.tab.shows("document.getAnimations().length >= 3"))
        try await rig.tab.prefer(["prefers-reduced-motion": "reduce"])
        #expect(try await rig.tab.shows("document.getAnimations().length === 0"))
    }

    @Test(arguments: [1, 20, 300])
    func `pictures for people to look at are kept in the build folder`(devices: Int) async throws {
        let rig = try await PageRig(.plant(devices: devices))
        for scheme in ["light", "dark"] {
            try await rig.tab.prefer(["prefers-color-scheme": scheme])
            for width in [375, 1440] {
                rig.agent.status = .plant(devices: devices)
                try await keepPicture("well-\(devices)-\(scheme)-\(width)", of: rig, width: width)
                rig.agent.status = .brokenPlant(devices: devices)
                try await keepPicture("broken-\(devices)-\(scheme)-\(width)", of: rig, width: width)
            }
        }
        rig.relay.behaviour = .cut
        #expect(try await rig.tab.shows("!document.getElementById('away').hidden"))
        try await rig.tab.picture("away-\(devices)", width: 1440)
    }

    private func keepPicture(_ name: String, of rig: PageRig, width: Int) async throws {
        try await rig.tab.size(width: width, height: 900)
        #expect(try await rig.open())
        let bytes = try await rig.tab.picture(name, width: width)
        #expect(bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) && bytes.count > 20_000)
    }
}
