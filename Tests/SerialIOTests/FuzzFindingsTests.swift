import SerialIO
import Testing

/// What fuzzing has found, each input as it was found or made smaller.
@Suite struct FuzzFindingsTests {
    @Test func `a line that is too long gives no sentence, in one piece or in several`() {
        let line = Array("$GPXXX,".utf8) + [UInt8](repeating: 0x41, count: 40) + Array("!AIVDM,1*4A\r\n".utf8)
        for rule in [30, 100].map({ FramingRule(.telegram(.nmea), sizeMax: $0) }) {
            let whole = frames(of: line, rule, pieces: line.count)
            for pieces in [1, 7, 37] { #expect(frames(of: line, rule, pieces: pieces) == whole) }
            #expect(whole.isEmpty == (rule.sizeMax == 30))
        }
    }

    private func frames(of line: [UInt8], _ rule: FramingRule, pieces: Int) -> [[UInt8]] {
        var cutter = FrameCutter(rule)
        var frames: [[UInt8]] = []
        var rest = line[...]
        while !rest.isEmpty {
            cutter.append(rest.prefix(pieces))
            rest = rest.dropFirst(pieces)
            steps: while true {
                switch cutter.next() {
                case .needMoreBytes: break steps
                case .skipped: continue
                case .frame(let frame): frames.append(Array(frame))
                }
            }
        }
        return frames
    }
}
