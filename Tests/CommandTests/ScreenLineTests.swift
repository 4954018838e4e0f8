import Testing

@testable import millrace

/// Lines that are longer than the screen.
struct ScreenLineTests {
    private func broken(_ line: ScreenLine, _ columns: Int, indent: Int = 2) -> [String] {
        line.broken(columns: columns, indent: indent).map { $0.rendered(columns: .max, isColoured: false) }
    }

    @Test func `no width ends the program, and nothing but blanks is lost`() {
        for text in ["", " ", "    ", "word", "  two words", "a b c d e f", "averylongwordwithoutspaces at the end"] {
            for columns in [-5, 0, 1, 2, 3, 7, 80] {
                let letters = broken(ScreenLine(text), columns).joined().filter { $0 != " " }
                #expect(letters == text.filter { $0 != " " }, "\(text) in \(columns)")
            }
        }
    }

    @Test func `a line is broken at spaces, indented, and keeps its styles`() {
        let line = ScreenLine("bad ", .bad) + ScreenLine("one two three four")
        #expect(broken(line, 11) == ["bad one two", "  three", "  four"])
        #expect(
            line.broken(columns: 11, indent: 2)[0].rendered(columns: .max, isColoured: true).hasPrefix("\u{1B}[1;31m"))
    }

    @Test func `a word that is longer than the screen is cut, and blanks at the end take no line`() {
        #expect(broken(ScreenLine("abcdefgh ij"), 4, indent: 0) == ["abcd", "efgh", "ij"])
        #expect(broken(ScreenLine("abcd    "), 4) == ["abcd"])
    }
}
