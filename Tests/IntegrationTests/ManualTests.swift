import AgentTestKit
import Testing

/// What the manual says of the program is what the program says.
@Suite struct ManualTests {
    private static let repository = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }

    private func page(_ path: String) throws -> String {
        let text = TemporaryFolder.contents(of: "\(Self.repository)/\(path)")
        return try #require(text.isEmpty ? nil : text)
    }

    @Test func `every profile is in the list of sensors`() async throws {
        let result = try await Command.run("devices", "list", "--markdown", "--profiles", "\(Self.repository)/devices")
        #expect(result.ending == .exited(0))
        let page = try page("docs/devices.md")
        #expect(
            page.hasSuffix(result.output),
            "write the table anew: millrace devices list --markdown --profiles devices, behind the page's first lines")
    }

    @Test func `every recipe is a configuration without an error and without a note`() async throws {
        let pieces = try page("docs/recipes.md").split(separator: "```toml\n").dropFirst()
        #expect(pieces.count >= 5)
        let folder = try TemporaryFolder("recipes")
        for name in ["ca.pem", "gateway.pem", "gateway.key"] {
            try folder.write(name, "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n")
        }
        for name in ["home.password", "influx.token", "lake.token"] { try folder.write(name, "secret\n") }
        try folder.write(
            "hubs.connection",
            "Endpoint=sb://plant7.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=c2VjcmV0\n")
        for (number, piece) in pieces.enumerated() {
            let recipe = try #require(piece.split(separator: "```").first)
            let profiles =
                recipe.contains("[serial.") ? "\n[profiles]\nfolders = [\"\(Self.repository)/devices\"]\n" : ""
            let file = try folder.write("recipe\(number).toml", recipe + profiles)
            let result = try await Command.run("check", "--config", file)
            #expect(result.ending == .exited(0) && !result.output.contains("note"), "\(recipe)\n\(result.output)")
        }
    }
}
