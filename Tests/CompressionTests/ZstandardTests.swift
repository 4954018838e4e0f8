import Compression
import Testing

@Suite struct ZstandardTests {
    @Test(arguments: [0, 1, 100, 100_000])
    func `what is compressed comes back`(size: Int) throws {
        let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 / 7) }
        var frame: [UInt8] = [1, 2, 3]
        ZstandardCompressor(sizeMax: 1 << 17).compress(content.span.bytes, appendingTo: &frame)
        #expect(Array(frame.prefix(3)) == [1, 2, 3])
        let back = try ZstandardDecompressor().decompress(Array(frame.dropFirst(3)).span.bytes, sizeMax: size)
        #expect(back == content)
    }

    @Test func `a frame larger than allowed is refused`() {
        var frame: [UInt8] = []
        ZstandardCompressor(sizeMax: 1 << 17).compress(
            [UInt8](repeating: 7, count: 1000).span.bytes, appendingTo: &frame)
        #expect(throws: CompressionError.self) {
            try ZstandardDecompressor().decompress(frame.span.bytes, sizeMax: 999)
        }
    }

    @Test func `a truncated frame is refused`() {
        var frame: [UInt8] = []
        ZstandardCompressor(sizeMax: 1 << 17).compress(Array(0..<200).span.bytes, appendingTo: &frame)
        for length in 0..<frame.count {
            #expect(throws: CompressionError.self) {
                try ZstandardDecompressor().decompress(Array(frame.prefix(length)).span.bytes, sizeMax: 10_000)
            }
        }
    }
}
