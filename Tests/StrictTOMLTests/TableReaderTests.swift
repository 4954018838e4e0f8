import Records
import StrictTOML
import Testing

@Suite struct TableReaderTests {
    /// Reads a table and returns the issues.
    private func issues(_ text: String, _ read: (TableReader) -> Void) throws -> [String] {
        let report = ConfigurationReport(file: "t.toml")
        read(TableReader(try TOMLDocument(text, file: "t.toml"), report: report))
        return report.issues.map(\.description)
    }

    private enum Parity: String, CaseIterable { case none, even, odd }

    @Test func `right values are returned and absent ones are nil`() throws {
        let text = """
            s = "text"
            empty = ""
            b = true
            i = 9600
            n = 1.5
            whole = 2
            p = "even"
            d = "50ms"
            z = "64KiB"
            list = ["a", "b"]
            """
        let found = try issues(text) { table in
            #expect(table.string("s") == "text")
            #expect(table.string("empty", allowsEmpty: true) == "")
            #expect(table.boolean("b") == true)
            #expect(table.integer("i", in: 50...115_200) == 9600)
            #expect(table.number("n") == 1.5)
            #expect(table.number("whole") == 2)
            #expect(table.choice("p", of: Parity.self) == .even)
            #expect(table.duration("d", in: .zero...(.seconds(1))) == .milliseconds(50))
            #expect(table.byteCount("z", in: .bytes(0)...(.mebibytes(1))) == .kibibytes(64))
            #expect(table.strings("list") == ["a", "b"])
            #expect(table.string("absent") == nil)
            #expect(table.table("absent") == nil)
            #expect(!table.has("absent"))
            table.finish()
        }
        #expect(found == [])
    }

    @Test func `a value of the wrong kind says what was found and what is expected`() throws {
        let text = """
            s = 5
            b = "yes"
            i = "9600"
            n = "1.5"
            p = true
            d = 50
            z = 64.5
            list = "a"
            items = [1, [], 1979-05-27]
            t = {}
            """
        let found = try issues(text) { table in
            #expect(table.string("s") == nil)
            #expect(table.boolean("b") == nil)
            #expect(table.integer("i", in: 1...9) == nil)
            #expect(table.number("n") == nil)
            #expect(table.choice("p", of: Parity.self) == nil)
            #expect(table.duration("d", in: .zero...(.seconds(1))) == nil)
            #expect(table.byteCount("z", in: .bytes(0)...(.mebibytes(1))) == nil)
            #expect(table.strings("list") == nil)
            #expect(table.stringsOrTables("items")?.isEmpty == true)
            #expect(table.string("t") == nil)
        }
        #expect(
            found == [
                "t.toml:1: s: expected a string in quotes, found the integer 5",
                "t.toml:2: b: expected true or false, found the string \"yes\"",
                "t.toml:3: i: expected an integer from 1 to 9, found the string \"9600\"",
                "t.toml:4: n: expected a number, found the string \"1.5\"",
                "t.toml:5: p: expected one of \"none\", \"even\", \"odd\", found the boolean true",
                "t.toml:6: d: expected a duration with its unit (ms, s, m, h or d) in quotes, from 0s to 1s, "
                    + "found the integer 50",
                "t.toml:7: z: expected a size with its unit (B, KiB, MiB, GiB or TiB) in quotes, from 0 B to 1 MiB, "
                    + "found the number 64.5",
                "t.toml:8: list: expected an array of strings, found the string \"a\"",
                "t.toml:9: items[1]: expected a string in quotes or a table in braces, found the integer 1",
                "t.toml:9: items[2]: expected a string in quotes or a table in braces, found an array",
                "t.toml:9: items[3]: expected a string in quotes or a table in braces, found a date or time",
                "t.toml:10: t: expected a string in quotes, found a table",
            ])
    }

    @Test func `a value out of its range says what is allowed`() throws {
        let text = """
            s = ""
            i = 10
            j = 0
            p = "evn"
            q = "mark"
            d = "2s"
            e = "1ms"
            f = "soon"
            z = "2MiB"
            y = "1B"
            x = "much"
            """
        let found = try issues(text) { table in
            _ = table.string("s")
            _ = table.integer("i", in: 1...9)
            _ = table.integer("j", in: 1...9)
            _ = table.choice("p", of: Parity.self)
            _ = table.choice("q", of: Parity.self)
            for key in ["d", "e", "f"] { _ = table.duration(key, in: .milliseconds(5)...(.seconds(1))) }
            for key in ["z", "y", "x"] { _ = table.byteCount(key, in: .kibibytes(1)...(.mebibytes(1))) }
        }
        let size = "a size with its unit (B, KiB, MiB, GiB or TiB) in quotes, from 1 KiB to 1 MiB"
        #expect(
            found == [
                "t.toml:1: s: must not be empty",
                "t.toml:2: i: 10 is too large; allowed is an integer from 1 to 9",
                "t.toml:3: j: 0 is too small; allowed is an integer from 1 to 9",
                "t.toml:4: p: \"evn\" is not one of \"none\", \"even\", \"odd\"; did you mean \"even\"?",
                "t.toml:5: q: \"mark\" is not one of \"none\", \"even\", \"odd\"",
                "t.toml:6: d: \"2s\" is too long; allowed is 5ms to 1s",
                "t.toml:7: e: \"1ms\" is too short; allowed is 5ms to 1s",
                "t.toml:8: f: \"soon\" is not a duration with its unit (ms, s, m, h or d) in quotes, from 5ms to 1s",
                "t.toml:9: z: \"2MiB\" is too large; allowed is 1 KiB to 1 MiB",
                "t.toml:10: y: \"1B\" is too small; allowed is 1 KiB to 1 MiB",
                "t.toml:11: x: \"much\" is not \(size)",
            ])
    }

    @Test func `unknown and missing keys are named, with the nearest that is known`() throws {
        let text = """
            [serial.air]
            baudrate = 9600
            xyz = 1
            """
        let found = try issues(text) { top in
            for named in top.namedTables("serial", example: "air") {
                named.reader.require("port", example: "\"usb:1a86:7523\"")
                _ = named.reader.string("port")
                _ = named.reader.integer("baud", in: 1...9600)
                named.reader.finish()
            }
            top.finish()
        }
        #expect(
            found == [
                "t.toml:1: serial.air: missing key \"port\"; for example port = \"usb:1a86:7523\"",
                "t.toml:2: serial.air: unknown key \"baudrate\"; did you mean \"baud\"?",
                "t.toml:3: serial.air: unknown key \"xyz\"; known here: \"baud\", \"port\"",
            ])
    }

    @Test func `tables with names refuse what is no table`() throws {
        let found = try issues("[mqtt]\nurl = \"x\"\n\n[mqtt.a]\n\n[[serial]]\n") { top in
            #expect(top.namedTables("mqtt", example: "shopfloor").map(\.name) == ["a"])
            #expect(top.namedTables("serial", example: "air").isEmpty)
            #expect(top.namedTables("absent", example: "x").isEmpty)
        }
        #expect(
            found == [
                "t.toml:2: mqtt.url: expected a table with a name, such as [mqtt.shopfloor], found the key \"url\"",
                "t.toml:6: serial: expected a table with a name, such as [serial.air], found an array",
            ])
    }

    @Test func `tables in arrays are read one by one`() throws {
        let text = """
            topics = ["a",
              { filter = 1, x = 2 }]
            [[field]]
            name = "n"
            [[field]]
            nam = "m"
            """
        let found = try issues(text) { top in
            for case .table(let entry) in top.stringsOrTables("topics") ?? [] {
                _ = entry.string("filter")
                entry.finish()
            }
            for field in top.tables("field") ?? [] {
                field.require("name", example: "\"temperature\"")
                _ = field.string("name")
                field.finish()
            }
            #expect(top.report.knownKeys == ["topics", "topics[].filter", "field", "field[].name"])
        }
        #expect(
            found == [
                "t.toml:2: topics[2].filter: expected a string in quotes, found the integer 1",
                "t.toml:2: topics[2]: unknown key \"x\"; known here: \"filter\"",
                "t.toml:5: field[2]: missing key \"name\"; for example name = \"temperature\"",
                "t.toml:6: field[2]: unknown key \"nam\"; did you mean \"name\"?",
            ])
    }

    @Test func `a refused key is told once, with its reason`() throws {
        let found = try issues("profile = \"x\"\n") { table in
            table.refuse("profile", "not in this version")
            table.refuse("devices", "not in this version")
            table.finish()
            #expect(table.report.knownKeys.isEmpty)
        }
        #expect(found == ["t.toml:1: profile: not in this version"])
    }

    @Test func `notes do not stop the reading`() throws {
        let report = ConfigurationReport(file: "t.toml")
        let table = TableReader(try TOMLDocument("a = 1\n\"odd key\" = 2", file: "t.toml"), report: report)
        table.note("a note", at: "odd key")
        try report.check()
        #expect(report.notes.map(\.description) == ["t.toml:2: \"odd key\": a note"])
        table.fail("an issue")
        let error = #expect(throws: ConfigurationError.self) { try report.check() }
        #expect(error?.description == "t.toml: an issue")
    }

    @Test func `issues come in the order of the lines, each once`() {
        let issues = [(9, "late"), (2, "early"), (9, "late"), (2, "then")].map {
            ConfigurationIssue(file: "t", line: $0.0, path: "", message: $0.1)
        }
        let whole = ConfigurationIssue(file: "t", line: nil, path: "", message: "whole")
        let error = ConfigurationError(issues: issues + [whole])
        #expect(error.description == "t: whole\nt:2: early\nt:2: then\nt:9: late")
    }
}
