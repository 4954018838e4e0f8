import SerialIO
import Testing

/// Runs bytes through a framer in the given pieces, and returns its steps in short form.
private func steps(of pieces: [[UInt8]], in framer: inout FrameCutter) -> [String] {
    var steps: [String] = []
    for piece in pieces {
        framer.append(piece)
        loop: while true {
            switch framer.next() {
            case .needMoreBytes: break loop
            case .frame(let frame): steps.append(String(decoding: frame, as: UTF8.self).debugDescription)
            case .skipped(let count, _): steps.append("skipped \(count)")
            }
        }
    }
    return steps
}

@Suite struct LineFramingTests {
    static let samples: [(LineEnd, String, [String])] = [
        (.lf, "a\nbc\r\n\n\r\nd\re\n", [#""a""#, #""bc""#, #""d\re""#]),
        (.lf, "12345678\n123456789\n1\n", [#""12345678""#, "skipped 9", #""1""#]),
        (.lf, "12345678\r\n123456789\r\nx\n", [#""12345678""#, "skipped 9", #""x""#]),
        (.lf, "1234567\r\r\n12345678\r\r\nx\n", [#""1234567\r""#, "skipped 9", #""x""#]),
        (.lf, "\r\r\r\n\n\na\n", [#""\r""#, #""a""#]),
        (.lf, "a\n\rb\n\r\n\rc\n\r", [#""a""#, #""b""#, #""c""#]),
        (.lf, String(repeating: "x", count: 100) + "\ny\n", ["skipped 100", #""y""#]),
        (.lf, String(repeating: "\r", count: 100) + "\ny\n", ["skipped 99", #""y""#]),
        (.lf, "end\nrest", [#""end""#]),
        (.cr, "a\rb\n\r\rc\r\nd", [#""a""#, #""b\n""#, #""c""#]),
        (.cr, "a\r\nb\r\n\r\nc\r", [#""a""#, #""b""#, #""c""#]),
        (.cr, "123456789\r1\r", ["skipped 9", #""1""#]),
        (.text(Array(";FF".utf8)), "@1;FF\r\n;FF;F@2;;FFx", [#""@1""#, #"";F@2;""#]),
        (.text([0x3E]), "a>\n\rb>123456789>>c>", [#""a""#, #""b""#, "skipped 9", #""c""#]),
        (.crlf, "a\r\nb\nc\rd\r\n\r\n\n\r\ne", [#""a""#, #""b\nc\rd""#, #""\n""#]),
        (.crlf, "12345678\r\n123456789\r\n1\r\n", [#""12345678""#, "skipped 9", #""1""#]),
        (.crlf, "1234\n6789\r\n12\r\r\n\n\n\n\n\n\n\n\n\n\r\nz\r\n", ["skipped 9", #""12\r""#, "skipped 9", #""z""#]),
    ]

    @Test(arguments: samples)
    func `a line is the same however it is split`(sample: (LineEnd, String, [String])) {
        let (terminator, text, expected) = sample
        let bytes = Array(text.utf8)
        func check(_ pieces: [[UInt8]]) {
            var framer = FrameCutter(.lines(terminator, sizeMax: 8))
            #expect(steps(of: pieces, in: &framer) == expected, "split as \(pieces.map(\.count))")
        }
        check([bytes])
        check(bytes.map { [$0] })
        for first in 0...bytes.count {
            check([Array(bytes[..<first]), Array(bytes[first...])])
            guard bytes.count < 60 else { continue }
            for second in first...bytes.count {
                check([Array(bytes[..<first]), Array(bytes[first..<second]), Array(bytes[second...])])
            }
        }
    }

    @Test(arguments: [LineEnd.lf, .cr, .crlf, .text([0x61, 0x62])])
    func `random bytes give the same steps at random splits, and every byte is accounted for`(
        terminator: LineEnd
    ) {
        let alphabet: [UInt8] = [0x0A, 0x0D, 0x61, 0x62, 0x0A, 0x0D, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68]
        for _ in 0..<300 {
            let bytes = (0..<200).map { _ in alphabet.randomElement()! }
            var whole = FrameCutter(.lines(terminator, sizeMax: 6))
            let expected = steps(of: [bytes], in: &whole)
            var rest = bytes[...]
            var pieces: [[UInt8]] = []
            while !rest.isEmpty {
                pieces.append(Array(rest.prefix(Int.random(in: 1...20))))
                rest = rest.dropFirst(pieces[pieces.count - 1].count)
            }
            var split = FrameCutter(.lines(terminator, sizeMax: 6))
            #expect(steps(of: pieces, in: &split) == expected)
            #expect(split.pendingCount == whole.pendingCount)
            #expect(split.reset() == whole.reset())
        }
    }

    @Test func `a line that never ends takes no memory, and is counted to the byte`() {
        var framer = FrameCutter(.lines(sizeMax: 100))
        let piece = [UInt8](repeating: 0x78, count: 4096)
        for round in 1...1000 {
            framer.append(piece)
            #expect(framer.next() == .needMoreBytes)
            #expect(framer.pendingCount == round * 4096)
        }
        // What it holds is itself and one small buffer: a copy of it shows no more than a piece.
        let mirror = Mirror(reflecting: framer).children.first { $0.label == "buffer" }?.value as? [UInt8]
        #expect(mirror?.isEmpty == true)
        framer.append([0x0A, 0x61, 0x0A])
        #expect(framer.next() == .skipped(bytes: 4_096_000, reason: .tooLong(max: 100)))
        #expect(framer.next() == .frame([0x61]))
        #expect(framer.next() == .needMoreBytes)
    }

    @Test func `after a reset nothing of the old line is left`() {
        var framer = FrameCutter(.lines(sizeMax: 10))
        framer.append(Array("12.".utf8))
        #expect(framer.next() == .needMoreBytes)
        #expect(framer.reset() == 3)
        framer.append(Array("5\n".utf8))
        #expect(framer.next() == .frame(Array("5".utf8)[...]))
        framer.append(Array("far too long a line".utf8))
        #expect(framer.next() == .needMoreBytes)
        #expect(framer.reset() == 19)
        #expect(framer.reset() == 0)
        framer.append(Array("6\n".utf8))
        #expect(framer.next() == .frame(Array("6".utf8)[...]))
    }

    @Test func `a line begins at the last start in it, however it is split`() {
        let rule = FramingRule(.line(start: Array("$W".utf8), end: .crlf), sizeMax: 10)
        let text = "x\r\n$W1\r\nabc$W2\r\n$W3$W$W4\r\n$\r\n$W$X\r\n$Wtoo long a line\r\n$W5\r\n"
        expectTold(
            [
                .noise(1), .frame("$W1"), .noise(3), .frame("$W2"), .noise(5), .frame("$W4"), .noise(1),
                .frame("$W$X"), .skipped(1, .tooLong(max: 10)), .noise(16), .frame("$W5"),
            ], of: Array(text.utf8), by: rule)
    }

    @Test func `a line whose checksum fails is dropped, and nothing of the next`() {
        let rule = FramingRule(
            .line(start: [], end: .cr), checksum: ChecksumRule(.xor8, encoding: .hex), sizeMax: 10)
        expectTold(
            [.frame("ab03"), .skipped(4, .checksum), .skipped(1, .checksum), .frame("ba03")],
            of: Array("ab03\rab04\rx\r\rba03\r".utf8), by: rule)
    }

    @Test func `a line whose beginning was not seen is skipped`() {
        for split in 0...8 {
            var framer = FrameCutter(.lines(sizeMax: 10))
            framer.beginMidstream()
            let bytes = Array("1.5\n22.5\n".utf8)
            let pieces = [Array(bytes[..<split]), Array(bytes[split...])]
            #expect(steps(of: pieces, in: &framer) == ["skipped 3", #""22.5""#])
        }
        var framer = FrameCutter(.lines(sizeMax: 10))
        framer.beginMidstream()
        #expect(steps(of: [Array("\nx\n".utf8)], in: &framer) == [#""x""#])
    }
}
