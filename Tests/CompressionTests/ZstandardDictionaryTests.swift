import Compression
import Testing

@Suite struct ZstandardDictionaryTests {
    private let content = Array(
        "[{\"device\":\"t1\",\"topic\":\"hall3/t1\",\"time\":\"2026-08-23T09:14:05.123Z\"}]".utf8)

    private func compressed(_ dictionary: ZstandardDictionary?, level: Int = 1) -> [UInt8] {
        var frame: [UInt8] = []
        ZstandardCompressor(level: level, sizeMax: 1 << 17, dictionary: dictionary)
            .compress(content.span.bytes, appendingTo: &frame)
        return frame
    }

    @Test(arguments: ZstandardCompressor.levels)
    func `what is compressed with the dictionary comes back with it, and is smaller`(level: Int) throws {
        let frame = compressed(.builtIn, level: level)
        #expect(frame.count < compressed(nil, level: level).count)
        let back = try ZstandardDecompressor().decompress(
            frame.span.bytes, sizeMax: 1000, dictionaries: [.builtIn])
        #expect(back == content)
    }

    @Test func `a frame without a dictionary is read where there are some`() throws {
        let frame = compressed(nil)
        let back = try ZstandardDecompressor().decompress(frame.span.bytes, sizeMax: 1000, dictionaries: [.builtIn])
        #expect(back == content)
    }

    @Test func `a frame whose dictionary is not there is refused, and named`() {
        let frame = compressed(.builtIn)
        let error = #expect(throws: CompressionError.self) {
            try ZstandardDecompressor().decompress(frame.span.bytes, sizeMax: 1000)
        }
        #expect(error?.description == "zstd: the frame needs dictionary 41001, which is not there")
    }

    @Test func `the built-in dictionary has the number that is documented, and never changes`() {
        #expect(ZstandardDictionary.builtIn.number == 41001)
        #expect(ZstandardDictionary.builtIn.bytes.count == 16_384)
        // FNV-1a: consumers hold copies of exactly this file.
        let hash = ZstandardDictionary.builtIn.bytes.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { hash, byte in
            (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        #expect(hash == 0x90F0FB3AB5B67771)
    }

    @Test func `what is no dictionary is none`() {
        #expect(ZstandardDictionary(reading: []) == nil)
        #expect(ZstandardDictionary(reading: Array("no dictionary".utf8)) == nil)
        let bytes = ZstandardDictionary.builtIn.bytes
        #expect(ZstandardDictionary(reading: bytes) == .builtIn)
        #expect(ZstandardDictionary(reading: Array(bytes.prefix(100))) == nil)
        #expect(ZstandardDictionary(reading: Array(bytes.dropFirst())) == nil)
    }
}
