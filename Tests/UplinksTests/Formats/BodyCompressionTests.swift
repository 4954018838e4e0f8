import AgentTestKit
import Compression
import Records
import Testing

@testable import Uplinks

@Suite struct BodyCompressionTests {
    @Test(arguments: BatchFormat.allCases)
    func `zstd's own program reads every format with the dictionary that consumers get`(
        format: BatchFormat
    ) async throws {
        let folder = try TemporaryFolder("compression")
        let dictionary = try folder.write("millrace-1.zdict", ZstandardDictionary.builtIn.bytes)
        for count in [1, 40] {
            var encoder = format.makeEncoder()
            let batch = Sample.batch(count: count)
            encoder.encode(batch.records[...], of: batch)
            for compression in [BodyCompression.zstd(level: 9), .withBuiltInDictionary(level: 3)] {
                let compressor = BodyCompressor(compression, sizeMax: 1 << 17)
                let frame = try folder.write("body.zst", compressor.compressed(encoder.bytes))
                let isPlain = compressor.coding == "zstd"
                let words = isPlain ? [] : ["-D", dictionary]
                try await ChildProcess.run("zstd", ["-q", "-d", "-f"] + words + [frame, "-o", folder.file("body")])
                #expect(Array(folder.read("body").utf8) == encoder.bytes || format == .senmlCBOR)
                let back = try ZstandardDecompressor().decompress(
                    compressor.compressed(encoder.bytes).span.bytes, sizeMax: 1 << 20, dictionaries: [.builtIn])
                #expect(back == encoder.bytes)
            }
        }
    }

    @Test func `one reading is a third smaller with the dictionary`() {
        let payload = "{\"device\":\"mixer-4\",\"time\":1787476445123,\"temperature\":21.534,\"humidity\":40.11}"
        let records = [Sample.record(123_456, payload: payload.utf8)]
        for format in BatchFormat.allCases where format != .influx && format != .senmlCBOR {
            var encoder = format.makeEncoder()
            encoder.encode(records[...], of: Sample.batch(records))
            let plain = BodyCompressor(.zstd(level: 3), sizeMax: 1 << 17).compressed(encoder.bytes).count
            let small = BodyCompressor(.withBuiltInDictionary(level: 3), sizeMax: 1 << 17)
                .compressed(encoder.bytes).count
            #expect(small * 3 < plain * 2, "\(format.rawValue): \(small) of \(plain) bytes")
        }
    }

    @Test func `each way has a name of its own`() {
        #expect(BodyCompression.none.coding == nil)
        #expect(BodyCompression.zstd(level: 1).coding == "zstd")
        #expect(BodyCompression.withBuiltInDictionary(level: 1).coding == "zstd-dictionary")
    }
}
