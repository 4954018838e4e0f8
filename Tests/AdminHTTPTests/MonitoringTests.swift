import AgentTestKit
import Glibc
import Testing

/// The alert rules and the dashboard in docs/monitoring.
@Suite struct MonitoringTests {
    private static let documents = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/docs"
    private static let hasPromtool = access("/usr/bin/promtool", X_OK) == 0

    private func expectSuccess(_ arguments: String...) async throws {
        let folder = try TemporaryFolder("promtool")
        let process = try ChildProcess("promtool", arguments, output: .file(folder.file("output")))
        let ending = await process.wait(within: .seconds(60))
        #expect(ending == .exited(0), "\(folder.read("output"))")
    }

    private func document(_ path: String) throws -> String {
        let text = TemporaryFolder.contents(of: "\(Self.documents)/\(path)")
        return try #require(text.isEmpty ? nil : text)
    }

    /// What the dashboard asks for.
    private func expressions() throws -> [String] {
        try document("monitoring/dashboard.json").split(separator: "\n").compactMap { line in
            guard let start = line.firstRange(of: "\"expr\": \"")?.upperBound else { return nil }
            let text = line[start...].reversed().drop { $0 != "\"" }.dropFirst().reversed()
            return String(text).replacing("\\\"", with: "\"")
        }
    }

    @Test(.enabled(if: hasPromtool, "promtool is not installed"))
    func `the alert rules are valid, and fire when they should`() async throws {
        try await expectSuccess("check", "rules", "\(Self.documents)/monitoring/alerts.yml")
        try await expectSuccess("test", "rules", "\(Self.documents)/monitoring/alerts.test.yml")
    }

    @Test(.enabled(if: hasPromtool, "promtool is not installed"))
    func `what the dashboard asks for is valid`() async throws {
        let expressions = try expressions()
        #expect(expressions.count > 15)
        let rules = expressions.enumerated().map { number, text in
            let query = text.replacing("$__range", with: "6h")
            return "      - record: dashboard:\(number)\n        expr: '\(query.replacing("'", with: "''"))'\n"
        }
        let folder = try TemporaryFolder("dashboard")
        let file = try folder.write(
            "rules.yml", "groups:\n  - name: dashboard\n    rules:\n" + rules.joined())
        try await expectSuccess("check", "rules", file)
    }

    @Test func `alerts and dashboard name only metrics that there are`() throws {
        let known = try document("admin.md")
        let texts = try [document("monitoring/alerts.yml")] + expressions()
        let names = Set(
            texts.flatMap { text in
                text.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.filter {
                    $0.hasPrefix("millrace_") || $0.hasPrefix("process_")
                }
            })
        #expect(names.count > 20)
        let unknown = names.filter { !known.contains("`\($0)`") }
        #expect(unknown.isEmpty, "docs/admin.md does not list them")
    }
}
