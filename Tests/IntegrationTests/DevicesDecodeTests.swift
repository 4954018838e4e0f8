import AgentTestKit
import Simulation
import Testing

/// `millrace devices` as a person or a script calls it.
@Suite struct DevicesDecodeTests {
    private static let frame =
        "42 4D 00 1C 00 00 00 08 00 08 00 00 00 08 00 08 00 D2 00 46 00 2D 00 1E 00 00 00 00 97 00 02 C5"

    private func write(_ text: String, in folder: TemporaryFolder) throws {
        _ = try folder.write(
            "mine.toml",
            """
            format = 1
            title = "T"
            source = "S"
            framing = { kind = "length", start = "42 4D", length = { at = 2, type = "u16be", add = 4, allow = [32] } }
            checksum = { kind = "sum16" }
            fields = [{ name = "pm", at = 12, type = "u16be", unit = "ug/m3" }]

            """ + text)
    }

    @Test func `each frame is an object on a line, and what was none stands before it`() async throws {
        let folder = try TemporaryFolder("decode")
        try write("", in: folder)
        let result = try await Command.run(
            "devices", "decode", "--profile", "mine", "--profiles", folder.path, "--hex", "00 11" + Self.frame + "42")
        #expect(result.ending == .exited(0))
        #expect(
            result.output == """
                {"profile":"mine","device":null,"readings":[{"name":"pm","value":8,"unit":"ug/m3"}],\
                "rejected":[{"reason":"no frame begins here","bytes":2}]}
                {"profile":"mine","device":null,"readings":[],\
                "rejected":[{"reason":"the bytes end within a frame","bytes":1}]}

                """)
    }

    @Test func `with explain each object says which readings are withheld, and why`() async throws {
        let folder = try TemporaryFolder("decode")
        try write("", in: folder)
        let text = folder.read("mine.toml").replacing(#"unit = "ug/m3""#, with: "range = [0, 7]")
        _ = try folder.write("mine.toml", text)
        let result = try await Command.run(
            "devices", "decode", "--profile", "mine", "--profiles", folder.path, "--explain", "--hex", Self.frame)
        #expect(
            result.output == """
                {"profile":"mine","device":null,"readings":[],"rejected":[],\
                "withheld":[{"name":"pm","reason":"implausible: it is outside its range"}]}

                """)
    }

    @Test func `bytes without a frame, a wrong profile and wrong arguments have codes of their own`() async throws {
        let folder = try TemporaryFolder("decode")
        try write("nonsense = 1\n", in: folder)
        func code(_ profile: String, _ hex: String) async throws -> ChildProcess.Ending? {
            try await Command.run(
                "devices", "decode", "--profile", profile, "--profiles", folder.path, "--hex", hex
            ).ending
        }
        #expect(try await code("mine", Self.frame) == .exited(78))
        #expect(try await code("none-such", Self.frame) == .exited(78))
        try write("", in: folder)
        #expect(try await code("mine", "00 11") == .exited(65))
        #expect(try await code("mine", "0") == .exited(64))
        #expect(try await code("mine", "") == .exited(64))
        let request = try await Command.run(
            "devices", "decode", "--profile", "eastron-sdm120", "--hex", "01", "--reply-to", "01 04")
        #expect(request.ending == .exited(64) && request.output.contains("no Modbus request"))
    }

    @Test func `check names every mistake and every sample that fails, and exits with 78`() async throws {
        let folder = try TemporaryFolder("decode")
        try write("[[sample]]\nframe = \"\(Self.frame)\"\nexpect = { pm = 9 }\n", in: folder)
        let wrong = try await Command.run("devices", "check", folder.file("mine.toml"))
        #expect(wrong.ending == .exited(78) && wrong.output.contains("mine.toml:7: sample 1: pm is 8, not 9"))
        try write("colour = 1\nmodle = []\n", in: folder)
        let unknown = try await Command.run("devices", "check", folder.file("mine.toml"))
        #expect(unknown.ending == .exited(78))
        #expect(unknown.output.contains("mine.toml:7: unknown key \"colour\""))
        #expect(unknown.output.contains("mine.toml:8: unknown key \"modle\"; did you mean \"models\"?"))
    }
}
