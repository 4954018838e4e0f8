import Testing

@testable import millrace

/// What `millrace selftest` prints fits the terminal.
struct FindingTests {
    private let finding = Finding(
        .bad, "uplinks.central", "the key and the certificate are of two pairs, and so nobody will believe us",
        advice: "set both to files of one pair, which openssl says of them when it is asked for their modulus")

    private func lines(_ columns: Int) -> [String] {
        finding.lines(columns: columns).map { $0.rendered(columns: .max, isColoured: false) }
    }

    @Test func `no width is too small, and nothing is lost`() {
        let all = "bad uplinks.central:" + finding.text + (finding.advice ?? "")
        for columns in [-1, 0, 1, 12, 30] {
            #expect(lines(columns).joined().filter { $0 != " " } == all.filter { $0 != " " })
        }
    }

    @Test func `eighty columns are not exceeded, and where there is no terminal nothing is broken`() {
        #expect(lines(80).allSatisfy { $0.count <= 80 } && lines(80).count == 4)
        #expect(lines(.max).count == 2)
    }
}
