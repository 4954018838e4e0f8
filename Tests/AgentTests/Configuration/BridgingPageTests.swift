import Records
import Simulation
import StrictTOML
import Testing

@testable import Agent

/// `docs/bridging.md` shows what the program does.
@Suite struct BridgingPageTests {
    private let text: ConfigurationText
    private let page: String

    init() throws {
        text = try ConfigurationText()
        let repository = #filePath.split(separator: "/").dropLast(4).reduce("") { "\($0)/\($1)" }
        let file = try FileContents(path: "\(repository)/docs/bridging.md", sizeMax: .mebibytes(1))
        page = String(decoding: file.bytes, as: UTF8.self)
    }

    /// The blocks of code in a language, in the order of the page.
    private func blocks(_ language: String) -> [String] {
        page.split(separator: "```\(language)\n").dropFirst().map { block in
            String(block.prefix(upTo: block.firstRange(of: "```")?.lowerBound ?? block.endIndex))
        }
    }

    @Test func `the section on the page is carried over as the page says`() throws {
        let path = try text.folder.write("central.conf", try #require(blocks("conf").first))
        let result = try MosquittoCarryOver(path: path)
        let place = "central.conf"
        #expect(result.text.replacing(path, with: place) == blocks("toml").first)
        let remarks = result.remarks.map { $0.description.replacing(path, with: place) + "\n" }.joined()
        #expect(remarks == blocks("text").last)
        try text.folder.write("central-remote.password", "secret\n")
        let certificate = try text.folder.write("ca.pem", "-----BEGIN CERTIFICATE-----\n")
        let problems = text.problems(
            "gateway.id = \"gw\"\n" + result.text.replacing("/etc/millrace/ca.pem", with: certificate))
        #expect(problems == [])
    }

    @Test func `the way down on the page loads`() throws {
        let configuration = try text.read(try #require(blocks("toml").last))
        #expect(configuration.mqttSources.map(\.name.rawValue) == ["centre"])
        #expect(configuration.uplinks.map(\.name.rawValue) == ["devices"])
    }
}
