import Records
import Testing

@Suite struct JSONWriterTests {
    private func text(_ write: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        write(&writer)
        #expect(JSONText.isValid(writer.bytes))
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func `commas and colons come by themselves`() {
        let name = "computed\"name"
        let result = text { writer in
            writer.beginObject()
            writer.key("empty")
            writer.beginArray()
            writer.endArray()
            writer.key(name)
            writer.beginArray()
            writer.integer(1)
            writer.beginObject()
            writer.endObject()
            writer.null()
            writer.raw(Array("[1,2]".utf8))
            writer.endArray()
            writer.key("last")
            writer.boolean(false)
            writer.endObject()
        }
        #expect(result == #"{"empty":[],"computed\"name":[1,{},null,[1,2]],"last":false}"#)
    }

    @Test func `a writer that was emptied begins anew`() {
        var writer = JSONWriter(reservingCapacity: 64)
        writer.beginArray()
        writer.integer(1)
        writer.removeAll()
        writer.boolean(true)
        #expect(writer.bytes == Array("true".utf8))
    }

    @Test func `every character of the first 300 survives a string, wherever it stands`() throws {
        for scalar in (0..<300).compactMap(Unicode.Scalar.init) {
            for lead in 0..<10 {
                let content = String(repeating: "x", count: lead) + String(scalar) + "yyyyyyyyy"
                var writer = JSONWriter()
                writer.string(content)
                #expect(JSONText.isValid(writer.bytes))
                let inner = Array(writer.bytes.dropFirst().dropLast())
                #expect(JSONText.unescape(inner.span) == content)
            }
        }
    }

    @Test func `escapes are the short ones, and u00xx in lower case`() {
        #expect(text { $0.string("\"\\/\u{8}\t\n\u{C}\r\u{1F}\u{7F}é") } == #""\"\\/\b\t\n\f\r\u001f"# + "\u{7F}é\"")
    }

    @Test func `ill-formed bytes become replacement characters`() {
        #expect(text { $0.string(utf8: [0x61, 0xFF, 0x62, 0xE2, 0x82, 0x63]) } == "\"a\u{FFFD}b\u{FFFD}c\"")
        #expect(text { $0.string(utf8: [0xED, 0xA0, 0x80]) }.contains("\u{FFFD}"))
        #expect(text { $0.string(utf8: Array("käse\"".utf8)[0...]) } == #""käse\"""#)
        #expect(text { $0.string(utf8: "no contiguous storage".utf8.reversed().lazy.map { $0 }) }.count == 23)
    }

    @Test(arguments: [
        (0.0, "0"), (-0.0, "-0.0"), (1.0, "1"), (-12.0, "-12"), (21.5, "21.5"), (0.1, "0.1"), (1e-7, "1e-07"),
        (1e300, "1e+300"), (9_007_199_254_740_991, "9007199254740991"), (-1e22, "-1e+22"), (.infinity, "null"),
        (.nan, "null"),
        (Double.leastNonzeroMagnitude, "5e-324"), (Double.greatestFiniteMagnitude, "1.7976931348623157e+308"),
    ])
    func `a number is written in its shortest form`(value: Double, expected: String) {
        #expect(text { $0.number(value) } == expected)
    }

    @Test(arguments: [
        (0, "0"), (1, "0.001"), (10, "0.01"), (-1500, "-1.5"), (1000, "1"), (1_700_000_000_123, "1700000000.123"),
        (Int64.min, "-9223372036854775.808"),
    ])
    func `thousandths are written as a decimal fraction`(value: Int64, expected: String) {
        #expect(text { $0.number(thousandths: value) } == expected)
    }

    @Test func `thousandths read as the same number of seconds`() {
        for _ in 0..<1000 {
            let value = Int64.random(in: -1_000_000_000_000_000...1_000_000_000_000_000)
            #expect(text { $0.number(thousandths: value) } == text { $0.number(Double(value) / 1000) })
        }
    }

    @Test func `every finite number reads back as itself`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let value = Double(bitPattern: random.next())
            guard value.isFinite else { continue }
            #expect(Double(text { $0.number(value) }) == value)
        }
    }

    @Test func `integers of any width are exact`() {
        #expect(text { $0.integer(Int64.min) } == "-9223372036854775808")
        #expect(text { $0.integer(UInt64.max) } == "18446744073709551615")
        #expect(text { $0.integer(Int128.max) } == "170141183460469231731687303715884105727")
        #expect(text { $0.integer(UInt8(0)) } == "0")
    }

    /// RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func `base64 agrees with the vectors of its standard`(content: String, expected: String) {
        #expect(text { $0.base64(Array(content.utf8)) } == "\"\(expected)\"")
    }

    @Test func `base64 of any length is padded at its end only`() {
        for length in [767, 768, 769, 1536, 2000] {
            let characters = text { $0.base64([UInt8](repeating: 0, count: length)) }.dropFirst().dropLast()
            let padding = (3 - length % 3) % 3
            let expected =
                String(repeating: "A", count: (length + 2) / 3 * 4 - padding) + String(repeating: "=", count: padding)
            #expect(characters == expected)
        }
    }

    @Test func `base64 uses the standard alphabet to its end`() {
        #expect(text { $0.base64([0xFB, 0xEF, 0xBE, 0xFF, 0xFF, 0xFF]) } == #""++++////""#)
    }
}
