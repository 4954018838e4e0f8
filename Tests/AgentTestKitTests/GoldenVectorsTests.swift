import AgentTestKit
import Records
import Testing

@Suite struct GoldenVectorsTests {
    @Test func `a tree has what the text has`() throws {
        let text = #" {"a": [1, -2.5e1, "x\n", true, null, {}], "b": {"c": []}} "#
        let tree = try #require(JSONTree(Array(text.utf8)))
        #expect(tree["a"]?.elements.count == 6)
        #expect(tree["a"]?.elements[0].integer == 1)
        #expect(tree["a"]?.elements[1].number == -25)
        #expect(tree["a"]?.elements[2].string == "x\n")
        #expect(tree["a"]?.elements[3].boolean == true)
        #expect(tree["a"]?.elements[4] == .null)
        #expect(tree["b"] == .object(["c": .array([])]))
        #expect(tree["c"] == nil)
    }

    @Test(arguments: ["", "{", "[1", "[1}", #"{"a":1,"a":2}"#, "1 2", "nul", #"{"a"}"#])
    func `what is no JSON text is no tree`(text: String) {
        #expect(JSONTree(Array(text.utf8)) == nil)
    }

    @Test func `hexadecimal digits are read in pairs`() {
        #expect([UInt8](hexadecimal: "42 4d00ff") == [0x42, 0x4D, 0, 0xFF])
        #expect([UInt8](hexadecimal: "424") == nil)
        #expect([UInt8](hexadecimal: "4g") == nil)
    }

    @Test(.enabled(if: GoldenVectors.areThere, "\(GoldenVectors.absence)"))
    func `the vectors have frames, streams and checksums, and every stream names frames that are there`() throws {
        let golden = try #require(GoldenVectors.shared)
        #expect(golden.checksums["crc16/modbus"]?["check_123456789"]?.string == "0x4b37")
        #expect(golden["pms5003-1"]?.frame.count == 32)
        #expect(golden["pms5003-1"]?.readings.count == 14)
        #expect(golden.vectors(of: "pms", "ubx").count > 6)
        for stream in golden.streams {
            #expect(stream.frames.allSatisfy { golden[$0] != nil }, "\(stream)")
        }
    }
}
