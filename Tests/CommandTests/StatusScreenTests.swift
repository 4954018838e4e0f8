import Records
import Testing

@testable import millrace

/// What `millrace status` draws of the agent's JSON.
struct StatusScreenTests {
    private func text(_ json: String, _ glyphs: Glyphs = Glyphs()) throws -> [String] {
        let tree = try #require(JSONTree(Array(json.utf8)))
        return StatusScreen(status: tree, glyphs: glyphs).lines.map { $0.rendered(columns: 200, isColoured: false) }
    }

    @Test func `a status that says nothing is drawn all the same`() throws {
        #expect(try text("{}").first?.contains("not ready") == true)
        #expect(try text("[]").contains("no uplink: records stay in the log"))
        #expect(try text("{\"uplinks\":[{}],\"devices\":[{}],\"lost\":[{}],\"log\":{\"streams\":[{}]}}").count > 8)
    }

    @Test func `numbers beyond what is drawn do not end the program`() throws {
        let lines = try text(
            """
            {"uptime_seconds":1e300,"log":{"streams":[{"held":-5,"size_bytes":1e19,"capacity_bytes":0,
            "records_per_second":1e200,"records_per_minute":[1e300,-1,0]}]}}
            """)
        #expect(!lines.isEmpty)
    }

    @Test func `what a broker says cannot steer the terminal`() throws {
        let lines = try text(
            """
            {"problems":[{"severity":"error","part":"uplinks.a","text":"\\u001b[2J\\u009b31m\\nsecond\\u0007"}]}
            """)
        #expect(lines[1].contains("uplinks.a:  [2J 31m second "), "\(lines)")
        #expect(
            lines.allSatisfy { $0.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) } })
    }

    @Test func `what is wrong stands first, errors and warnings apart`() throws {
        let lines = try text(
            """
            {"gateway":"gw","version":"1","ready":false,"problems":[
            {"severity":"error","part":"log","text":"full"},{"severity":"warning","part":"clock","text":"late"}]}
            """)
        #expect(lines[0].hasPrefix("gw  ╳ not ready"))
        #expect(lines[1] == "  ╳ log: full" && lines[2] == "  ! clock: late")
    }

    @Test func `an uplink that fails says why, when it tries again, and what is lost`() throws {
        let lines = try text(
            """
            {"uplinks":[{"name":"central","state":"failing","problem":"connection refused","next_try_seconds":12.5,
            "delay_seconds":7300,"records_per_second":0,"records_per_minute":[0,5,10],
            "streams":[{"forwarded":10,"held":20,"lost":3,"rejected":0},
            {"forwarded":1,"held":2,"lost":0,"rejected":0}]}]}
            """)
        let row = try #require(lines.first { $0.contains("central") })
        #expect(row.contains("11         22  failing  oldest waits 2h  "), "\(row)")
        #expect(row.hasSuffix(" ▄█"), "\(row)")
        #expect(lines.contains("    connection refused, next try in 12s"))
        #expect(lines.contains("    3 records lost"))
    }

    @Test func `a terminal without Unicode gets none`() throws {
        let lines = try text(
            #"{"devices":[{"name":"übér","state":"alive","readings":[{"name":"t","value":1.5,"unit":"µg","#
                + #""history":[1,2]}]}]}"#, .ascii)
        let isASCII = lines.joined().utf8.allSatisfy { $0 < 0x80 }
        #expect(isASCII)
    }

    @Test func `eighty columns are enough: no line is longer, and no word is cut`() throws {
        let tree = try #require(
            JSONTree(
                Array(
                    """
                    {"gateway":"plant7-gw2","version":"1.0.0","uptime_seconds":9,"ready":false,"problems":[
                    {"severity":"error","part":"uplinks.central","text":"TLS with central.example:8883 failed: the \
                    server's certificate is not for central.example"}],
                    "sources":{"mqtt":[{"name":"local","address":"mqtt://127.0.0.1:51883","subscribed":true}]},
                    "log":{"streams":[{"name":"telemetry","size_bytes":536870912,"capacity_bytes":536870912,
                    "records_per_minute":[1,2,3]}]},
                    "uplinks":[{"name":"central","state":"delivering","delay_seconds":0,"records_per_minute":[1,2],
                    "problem":"TLS with central.example:8883 failed: certificate has expired; renew it"}]}
                    """.utf8)))
        let lines = StatusScreen(status: tree, glyphs: Glyphs(), columns: 80).lines.map {
            $0.rendered(columns: .max, isColoured: false)
        }
        #expect(lines.allSatisfy { $0.count <= 80 }, "\(lines)")
        let text = lines.joined(separator: "\n")
        #expect(text.contains("  mqtt://127.0.0.1:51883") && text.contains("delivering  oldest waits"), "\(text)")
        #expect(
            text.contains("512 MiB of 512 MiB")
                && text.contains("server's\n    certificate is not for central.example"), "\(text)")
    }
}
