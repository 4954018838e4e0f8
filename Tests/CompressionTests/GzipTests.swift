import Compression
import Simulation
import Testing

@Suite struct GzipTests {
    @Test(arguments: [0, 1, 100, 100_000])
    func `what is compressed is what gzip reads, one after the other`(size: Int) async throws {
        let folder = try TemporaryFolder("gzip")
        let compressor = GzipCompressor(level: 6)
        let text = String(repeating: "Muehlgraben ", count: size / 12 + 1).prefix(size)
        for round in 0..<3 {
            var member: [UInt8] = [1, 2, 3]
            compressor.compress(Array(text.utf8).span.bytes, appendingTo: &member)
            #expect(member.prefix(3) == [1, 2, 3])
            let path = try folder.write("\(round).gz", member.dropFirst(3))
            #expect(try await ChildProcess.run("gzip", ["-dc", path]) == text)
        }
    }
}
