import DeviceProfiles
import SerialIO
import Testing

/// Answers that say nothing of themselves: known by what was asked.
@Suite struct ReplyProfileTests {
    private static let text = """
        framing = { kind = "reply" }
        poll = [
          { send = "55", size = 2, reply = ["distance"] },
          { send = "50", size = 1, reply = ["temperature"] },
          { send = "55 01", size = 2, reply = ["echo"] },
        ]
        [[message]]
        name = "distance"
        fields = [{ name = "distance", at = 0, type = "u16be", unit = "mm" }]
        [[message]]
        name = "temperature"
        fields = [{ name = "temperature", at = 0, type = "u8", offset = -45, unit = "Cel" }]
        [[message]]
        name = "echo"
        fields = [{ name = "strength", at = 0, type = "u16be" }]
        """

    private func read(_ bytes: String, request: String?) throws -> [String] {
        let profile = try profile(Self.text)
        let decoder = ProfileDecoder(profile)
        var cutter = FrameCutter(profile.framing)
        if let request { cutter.expectReply(to: hex(request)) }
        cutter.append(hex(bytes))
        var found: [String] = []
        while true {
            switch cutter.next() {
            case .needMoreBytes: return found
            case .skipped(let count, let reason): found.append("\(count): \(reason)")
            case .frame(let content): found += short(decoder.decode(content, request: request.map { hex($0) }))
            }
        }
    }

    @Test(arguments: [
        ("04D2", nil, ["2: no frame begins here"]), ("04D2", "77", ["2: no frame begins here"]), ("04", "55", []),
        ("04D2", "55", ["distance=1234.0 mm"]), ("46", "50", ["temperature=25.0 Cel"]),
        ("04D2", "55 01", ["strength=1234.0"]),
    ])
    func `an answer is as long as its request says, and is what that asks for`(
        bytes: String, request: String?, expected: [String]
    ) throws {
        #expect(try read(bytes, request: request) == expected)
    }

    @Test func `such a device hears only answers, and is not asked by detection`() throws {
        let profile = try profile(Self.text)
        #expect(!profile.speaksUnasked && profile.isPolled)
        #expect(BusLine(settings: profile.link.settings, gap: .zero, of: [profile]).hearsOnlyAnswers)
        let safe = Self.text.replacing("send = \"50\"", with: "send = \"50\", safe = true")
        #expect(
            issues(safe) == [
                "7: poll[2].safe: nothing proves that an answer is this device's, so that detection must not ask"
            ])
    }

    @Test func `a poll without a size, or with one where the frame has its own, is an error`() {
        #expect(
            issues(Self.text.replacing("send = \"50\", size = 1", with: "send = \"50\"")).first
                == "7: poll[2]: missing key \"size\"; for example size = 2")
        #expect(
            issues(Self.text.replacing("kind = \"reply\"", with: "kind = \"cobs\"")).first
                == "6: poll[1].size: belongs to kind = \"reply\" in [framing]; here the frame says how long it is")
        #expect(
            issues("framing = { kind = \"reply\" }\nfields = [{ name = \"a\", at = 0, type = \"u8\" }]")
                == [" kind = \"reply\" needs a [[poll]] with size, the bytes of its answer"])
    }

    @Test func `two messages that look alike are told apart by the poll that they answer, with any parameter`() throws {
        let text = """
            framing = { kind = "length", start = "FF FA", length = { at = 2, type = "u8", add = 3, max = 10 } }
            parameters = { address = { type = "u8", default = 0xFE } }
            poll = [
              { send = "FF {address} 02 02 03", reply = ["co2"] },
              { send = "FF {address} 02 02 0F", reply = ["elevation"] },
            ]
            [[message]]
            name = "co2"
            match = [{ length = 5 }]
            fields = [{ name = "co2", at = 3, type = "u16be", unit = "ppm" }]
            [[message]]
            name = "elevation"
            match = [{ length = 5 }]
            fields = [{ name = "elevation", at = 3, type = "u16be" }]
            """
        let decoder = ProfileDecoder(try profile(text))
        let frame = hex("FF FA 02 0190")[...]
        #expect(short(decoder.decode(frame, request: hex("FF FE 02 02 03"))) == ["co2=400.0 ppm"])
        #expect(short(decoder.decode(frame, request: hex("FF 07 02 02 0F"))) == ["elevation=400.0"])
        #expect(short(decoder.decode(frame)) == ["co2=400.0 ppm"])
        #expect(short(decoder.decode(hex("FF FA 01 01")[...], request: hex("FF FE 02 02 03"))) == ["skipped"])
    }
}
