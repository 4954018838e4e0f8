import Glibc
import SerialIO
import Testing

@testable import DeviceProfiles

@Suite struct SampleTests {
    @Test func `the examples of the page are sound profiles, and no framing is without one`() throws {
        let examples = try DevicesFolder.examples()
        for example in examples {
            #expect(ProfileSamples.run(example).isEmpty && !example.samples.isEmpty, "\(example.title)")
        }
        let kinds = Set(examples.map { $0.framing.kind.word })
        let telegrams = FramingRule.Telegram.allCases.map(\.rawValue)
        let declared = [
            "line", "fixed", "length", "stuffed", "cobs", "ascii-hex", "block", "reply", "modbus-rtu", "modbus-ascii",
        ]
        #expect(kinds == Set(declared + telegrams))
    }

    @Test(arguments: [
        ("sum8", ["FF 86 02 7C 42 00 00 00 BA"], "kind = \"sum8-negative\", over = [1, -1] would fit this sample"),
        (
            "xor8", ["AA C0 06 00 06 00 58 D9 3D", "AA C0 07 00 06 00 58 D9 3E"],
            "kind = \"sum8\", over = [2, -1] would fit all samples"
        ),
        (
            "crc16/modbus", ["FE 44 02 02 E6 38 0E"],
            "kind = \"crc16/modbus\", over = [0, -2], encoding = \"le\" would fit this sample"
        ),
        ("sum8", ["FF 86 02 7C 42 00 00 00 BA", "FF 86 02 7C 42 00 00 00 BB"], nil),
    ])
    func `where a checksum does not fit, one that would is looked for`(
        kind: String, frames: [String], hint: String?
    ) throws {
        let samples = frames.map { "[[sample]]\nframe = \"\($0)\"\nmissing = [\"x\"]\n" }.joined()
        let text = """
            framing = { kind = "fixed", start = "??", size = \(hex(frames[0]).count) }
            checksum = { kind = "\(kind)" }
            fields = [{ name = "x", at = 0, type = "u8" }]

            """
        let failure = try #require(ProfileSamples.run(try profile(text + samples)).first)
        #expect(failure.message.contains("the checksum does not fit; bytes 0 to"))
        #expect(failure.message.hasSuffix(hint.map { "; \($0)" } ?? failure.message), "\(failure)")
        #expect(hint != nil || !failure.message.contains("would fit"))
    }

    @Test func `a sample that is wrong says what came out instead`() throws {
        let text = """
            framing = { kind = "fixed", start = "FF 86", size = 9 }
            checksum = { kind = "sum8-negative", over = [1, 8] }
            fields = [{ name = "co2", at = 2, type = "u16be", unit = "ppm", missing = [0] }]
            [[sample]]
            title = "wrong value"
            frame = "FF 86 02 7C 42 00 00 00 BA"
            expect = { co2 = 637 }
            [[sample]]
            frame = "FF 86 02 7C 42 00 00 00 BB"
            expect = { co2 = 636 }
            [[sample]]
            frame = "FF 86 02 7C 42 00 00 00 BA"
            rejected = true
            [[sample]]
            frame = "00 FF FF 86 02 7C 42 00 00 00 BA"
            missing = ["co2"]
            [[sample]]
            frame = "FF 86 02 7C 42 00 00 00"
            expect = { co2 = 636 }
            """
        let failures = ProfileSamples.run(try profile(text))
        #expect(
            failures.map(\.description) == [
                "sample 1 (wrong value): co2 is 636, not 637",
                "sample 2: no frame comes out of it: the checksum does not fit; bytes 1 to 7 give BA, and the frame "
                    + "has BB",
                "sample 3: it must be rejected, and gives 1 readings: co2 = 636",
                "sample 4: co2 must be missing, and is 636",
                "sample 5: no frame comes out of it: the bytes end within a frame",
            ])
        #expect(failures.map(\.line) == [7, 11, 14, 17, 20])
    }
}

@Suite struct RequestTests {
    @Test func `parameters and checksum are filled in`() throws {
        let profile = try profile(
            """
            framing = { kind = "length", start = "68", length = { at = 9, type = "u8", add = 12, max = 64 } }
            checksum = { kind = "sum8", at = -2 }
            fields = [{ name = "e", at = 10, type = "u8" }]
            parameters = { address = { type = "bcdle", size = 6, default = "AAAAAAAAAAAA" } }
            [[poll]]
            send = "FE FE FE FE 68 {address} 68 11 04 33 33 34 33 {check} 16"
            check = { kind = "sum8", over = [4, -2] }
            """)
        let request = profile.polls[0].request
        #expect(
            request.bytes(parameters: profile.parameters)
                == hex("FE FE FE FE 68 AAAAAAAAAAAA 68 11 04 33 33 34 33 AE 16"))
        let own = request.bytes(["address": "123456789012"], parameters: profile.parameters)
        #expect(own == hex("FE FE FE FE 68 12 90 78 56 34 12 68 11 04 33 33 34 33 68 16"))
        #expect(request.bytes(["address": "xyz"], parameters: profile.parameters) == nil)
    }

    @Test func `a checksum in text avoids what its sender avoids`() throws {
        let profile = try profile(
            """
            framing = { kind = "line", start = "(", end = "\\r" }
            checksum = { kind = "crc16/xmodem", avoid = "28 0D 0A" }
            text = { format = "csv", separator = " " }
            fields = [{ name = "v", column = 0, part = [1, 6] }]
            poll = [{ text = "QPIGS{check}\\r" }]
            """)
        #expect(profile.polls[0].request.bytes() == hex("5150494753B7A90D"))
    }
}

@Suite struct ProfileLibraryTests {
    @Test func `a profile is found by name and variant, and a slip is told with the nearest`() throws {
        let folder = try TemporaryProfiles()
        defer { folder.remove() }
        let good = """
            format = 1
            title = "T"
            source = "S"
            framing = { kind = "line" }
            text = { format = "csv" }
            fields = [{ name = "a", column = 0 }]
            [variants.old]
            title = "older firmware"
            """
        folder.write(good, to: "good-one.toml")
        folder.write("format = 2", to: "broken.toml")
        let library = ProfileLibrary(exactly: [folder.path])
        #expect(try library.profile("good-one").name == "good-one")
        #expect(try library.profile("good-one/old").name == "good-one/old")
        #expect(try library.profile(folder.path + "/good-one.toml").name == "good-one")
        let entries = library.entries()
        #expect(entries.map(\.name) == ["broken", "good-one"])
        #expect((try? entries[0].profile.get()) == nil && (try? entries[1].profile.get()) != nil)
        #expect(throws: ProfileLibrary.Failure.self) { try library.profile("broken") }
        #expect(
            failure(library, "good-on")
                == "there is no profile \"good-on\" in \(folder.path); did you mean \"good-one\"?")
        #expect(failure(library, "good-one/new") == "the profile \"good-one\" has no variant \"new\"; it has \"old\"")
        #expect(failure(library, "../good-one").hasPrefix("there is no profile \"..\""))
    }

    private func failure(_ library: ProfileLibrary, _ name: String) -> String {
        do throws(ProfileLibrary.Failure) {
            _ = try library.profile(name)
            return "found"
        } catch {
            return error.description
        }
    }
}

/// A folder of its own for a test.
private struct TemporaryProfiles {
    let path: String

    init() throws {
        var template = Array("/tmp/profiles-XXXXXX".utf8CString)
        path = try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    func write(_ text: String, to name: String) {
        guard let file = fopen(path + "/" + name, "w") else { return }
        fputs(text, file)
        fclose(file)
    }

    func remove() {
        for name in ["good-one.toml", "broken.toml"] { unlink(path + "/" + name) }
        rmdir(path)
    }
}
