import StrictTOML
import Testing

@Suite struct TOMLDocumentTests {
    /// Lines of keys, by dotted path; elements of arrays by index from 0.
    private func lines(_ text: String) throws -> [String: Int] {
        var result: [String: Int] = [:]
        func walk(_ value: TOMLValue, _ path: String) {
            switch value.content {
            case .table(let entries):
                for entry in entries {
                    let next = path.isEmpty ? entry.key : "\(path).\(entry.key)"
                    result[next] = entry.value.line
                    walk(entry.value, next)
                }
            case .array(let elements):
                for (index, element) in elements.enumerated() {
                    result["\(path)[\(index)]"] = element.line
                    walk(element, "\(path)[\(index)]")
                }
            default: break
            }
        }
        walk(try TOMLDocument(text, file: "t").root, "")
        return result
    }

    @Test func `every value keeps its kind`() throws {
        let text = """
            a = "text"
            b = -17
            c = 1.5
            d = true
            e = 1979-05-27 07:32:00Z
            f = [1, "two"]
            g = { h = 0x1F }
            """
        let root = try TOMLDocument(text, file: "t").root
        #expect(root["a"]?.content == .string("text"))
        #expect(root["b"]?.content == .integer(-17))
        #expect(root["c"]?.content == .float(1.5))
        #expect(root["d"]?.content == .boolean(true))
        #expect(root["e"]?.content == .dateTime)
        #expect(
            root["f"]?.content
                == .array([TOMLValue(.integer(1), line: 6), TOMLValue(.string("two"), line: 6)]))
        #expect(root["g"]?["h"] == TOMLValue(.integer(31), line: 7))
        #expect(root["absent"] == nil)
    }

    @Test func `tables, dotted keys and quoted keys are found on their lines`() throws {
        let found = try lines(
            """
            # a comment with [brackets] and key = "value"
            top = 1

            [serial.air] # [not.this]
            port.usb = 1
            "odd key" = 2
            'literal.key' = 3
            "\\u0061bc" = 4

            [ serial . "bus 1" ]
              baud = 9600
            [serial]
            last = 5
            """)
        #expect(found["top"] == 2)
        #expect(found["serial"] == 12)
        #expect(found["serial.air"] == 4)
        #expect(found["serial.air.port"] == 5)
        #expect(found["serial.air.port.usb"] == 5)
        #expect(found["serial.air.odd key"] == 6)
        #expect(found["serial.air.literal.key"] == 7)
        #expect(found["serial.air.abc"] == 8)
        #expect(found["serial.bus 1"] == 10)
        #expect(found["serial.bus 1.baud"] == 11)
        #expect(found["serial.last"] == 13)
    }

    @Test func `a table that is only on the way to another stands where it first appears`() throws {
        let found = try lines("x = 1\n[a.b.c]\ny = 2\n[a.d]\n")
        #expect(found["a"] == 2)
        #expect(found["a.b"] == 2)
        #expect(found["a.d"] == 4)
    }

    @Test func `arrays of tables and their subtables are found on their lines`() throws {
        let found = try lines(
            """
            [[field]]
            name = "a"
            [field.scale]
            by = 1
            [[field]]
            name = "b"
            [[field.point]]
            x = 1
            [[field.point]]
            x = 2
            [field.scale]
            by = 2
            """)
        #expect(found["field"] == 1)
        #expect(found["field[0].name"] == 2)
        #expect(found["field[0].scale.by"] == 4)
        #expect(found["field[1]"] == 5)
        #expect(found["field[1].name"] == 6)
        #expect(found["field[1].point[0].x"] == 8)
        #expect(found["field[1].point[1]"] == 9)
        #expect(found["field[1].point[1].x"] == 10)
        #expect(found["field[1].scale.by"] == 12)
    }

    @Test func `multi-line arrays and inline tables are found element by element`() throws {
        let found = try lines(
            """
            topics = [
                "a/#", # first, with ] and "quotes"
                { filter = "b/#", stream = "alarms" },

                [ 1,
                  2 ],
            ]
            after = 1
            tls = { ca = "x", inner = { deep.er = [ "y" ] } }
            """)
        #expect(found["topics"] == 1)
        #expect(found["topics[0]"] == 2)
        #expect(found["topics[1]"] == 3)
        #expect(found["topics[1].stream"] == 3)
        #expect(found["topics[2]"] == 5)
        #expect(found["topics[2][1]"] == 6)
        #expect(found["after"] == 8)
        #expect(found["tls.inner.deep.er[0]"] == 9)
    }

    @Test func `strings of all four kinds do not confuse the lines`() throws {
        let found = try lines(
            #"""
            a = "quote \" # and = [x]"
            b = 'back\slash # " '
            c = """
            [not.a.table]
            d = 1 \
              still
            quotes ""\""" end"""
            d = '''
            e = "x"
            '''
            e = """two quotes at the end"""""
            f = ["""
            x""", '''
            y''',
            "z"]
            g = ""
            h = ''
            """#)
        #expect(found["a"] == 1)
        #expect(found["c"] == 3)
        #expect(found["d"] == 8)
        #expect(found["e"] == 11)
        #expect(found["f"] == 12)
        #expect(found["f[1]"] == 13)
        #expect(found["f[2]"] == 15)
        #expect(found["g"] == 16)
        #expect(found["h"] == 17)
        #expect(found["not"] == nil)
    }

    @Test func `a byte order mark and carriage returns change no line`() throws {
        let found = try lines("\u{FEFF}a = 1\r\n\r\n[t]\r\nb = [\r\n1,\r\n2]\r\nc = 1979-05-27 07:32:00\r\nd = 1\r\n")
        #expect(found == ["a": 1, "t": 3, "t.b": 4, "t.b[0]": 5, "t.b[1]": 6, "t.c": 7, "t.d": 8])
    }

    @Test func `entries keep the order of the file`() throws {
        let root = try TOMLDocument("z = 1\na = 2\n[m]\n[c]\n", file: "t").root
        guard case .table(let entries) = root.content else { throw Failure() }
        #expect(entries.map(\.key) == ["z", "a", "m", "c"])
    }

    @Test(arguments: [
        ("a = 1\nb = ", "t:2:5: not valid TOML: "),
        ("a = 1\n[b\n", "t:2:3: not valid TOML: "),
        ("a = \"x\nb = 1\n", "t:1:7: not valid TOML: "),
        ("a = 1\n\n  a = 2\n", "t:3:7: not valid TOML: \"a\" is there twice"),
        ("[a]\nb = 1\n[a]\n", "t:3:1: not valid TOML: \"a\" is there twice"),
        ("baud = 9600 8N1", "t:1:13: not valid TOML: "),
    ])
    func `a syntax error is told with line and column`(text: String, beginning: String) {
        let error = #expect(throws: ConfigurationError.self) { try TOMLDocument(text, file: "t") }
        let message = error?.description ?? ""
        #expect(message.hasPrefix(beginning), "\(message)")
        #expect(error?.issues.count == 1)
    }

    @Test func `a zero character is refused where it stands, and not cut`() {
        let escaped = #expect(throws: ConfigurationError.self) {
            try TOMLDocument("a = 1\nb = \"x\\u0000y\"", file: "t")
        }
        #expect(escaped?.description == "t:2: the character U+0000 is not allowed in a string")
        let raw = #expect(throws: ConfigurationError.self) { try TOMLDocument("a = 1\n\n# \0", file: "t") }
        #expect(raw?.description == "t:3: a zero byte is not allowed in TOML")
    }

    @Test func `any beginning of a document is either read or refused`() {
        let text = Array(
            "[a.\"b\"]\nc = [1, { d = '''x\n''' }, \"\\u00e9\\n\"]\n[[e]]\nf.g = 1.5 # h\n[[e]]\ni = \"\"\"\n\"\"\"\n"
                .utf8)
        var read = 0
        for count in 0...text.count {
            if (try? TOMLDocument(String(decoding: text[..<count], as: UTF8.self), file: "t")) != nil { read += 1 }
        }
        #expect(read > 5)
    }

    private struct Failure: Error {}
}
