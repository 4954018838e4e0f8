import Testing

/// The rules are only as good as the reader under them.
@Suite struct SwiftCodeTests {
    @Test(arguments: [
        ("a // try! b", "a "),
        ("a /* x /* y */ z */ b", "a  b"),
        (#"a("try!") b"#, "a() b"),
        (#"a("\(f("x")) try!") b"#, "a(f()) b"),
        (##"a(#"print("# , b)"##, "a(## , b)"),
        ("a(\"\"\"\nprint(\n\"\"\") b", "a(\n\n) b"),
        (#"a("\"print(") b"#, "a() b"),
        (#"a("\\") b"#, "a() b"),
    ])
    func `comments and the content of literals are not code`(text: String, expected: String) {
        let code = SwiftCode(text).lines.joined(separator: "\n")
        #expect(code.filter { $0 != " " } == expected.filter { $0 != " " })
        #expect(code.utf8.count == text.utf8.count)
    }

    @Test func `a function is measured from its keyword to its closing brace`() {
        let text = """
            protocol P {
                init(x: Int)
                func a(_ body: () -> Void = { })
                var b: Int { get }
                func c() -> Int
            }
            struct S {
                init?() { self.init(x: 1) }
                func d() {
                    if true { "}" }
                    // }
                }
                deinit { }
            }
            """
        let expected = [(8, 1), (9, 4), (13, 1)].map { SwiftCode.Function(line: $0.0, length: $0.1) }
        #expect(SwiftCode(text).functions == expected)
    }

    @Test func `a function in a function counts in both`() {
        let text = "func a() {\n  func b() {\n  }\n}\n"
        let expected = [(1, 4), (2, 2)].map { SwiftCode.Function(line: $0.0, length: $0.1) }
        #expect(SwiftCode(text).functions == expected)
    }
}
