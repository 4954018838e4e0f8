import Compression
import Records

/// A chunk with its place in the log: what a row of a segment holds.
struct Chunk: Sendable {
    let epoch: Epoch
    let first: SequenceNumber
    let count: Int
    let clock: ClockReading
    /// The records before compression.
    let body: [UInt8]

    static let headerSize = 68
    private static let magic: [UInt8] = Array("MRC1".utf8)

    init(_ builder: ChunkBuilder, epoch: Epoch, first: SequenceNumber) {
        precondition(builder.count > 0, "an empty chunk is never committed")
        self.epoch = epoch
        self.first = first
        count = builder.count
        clock = builder.clock
        body = builder.body
    }

    /// The sequence number of the last record.
    var last: SequenceNumber { first.advanced(by: count - 1) }

    /// Header and body as they stand in the row, compressed where that is shorter.
    func encoded(with compressor: ZstandardCompressor) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Chunk.headerSize + body.count + 512)
        appendHeader(to: &bytes, isCompressed: true)
        compressor.compress(body.span.bytes, appendingTo: &bytes)
        if bytes.count - Chunk.headerSize >= body.count {
            bytes.removeAll(keepingCapacity: true)
            appendHeader(to: &bytes, isCompressed: false)
            bytes.append(contentsOf: body)
        }
        let checksum = CRC32C.checksum(bytes.span.bytes.extracting(8..<bytes.count))
        withUnsafeBytes(of: checksum.littleEndian) { checksum in
            for index in 0..<4 { bytes[4 + index] = checksum[index] }
        }
        return bytes
    }

    private func appendHeader(to bytes: inout [UInt8], isCompressed: Bool) {
        bytes.append(contentsOf: Chunk.magic)
        bytes.append(littleEndian: UInt32(0))
        bytes.append(littleEndian: epoch.rawValue)
        bytes.append(littleEndian: first.rawValue)
        bytes.append(littleEndian: UInt32(count))
        bytes.append(littleEndian: UInt32(body.count))
        bytes.append(littleEndian: clock.boot.high)
        bytes.append(littleEndian: clock.boot.low)
        bytes.append(littleEndian: clock.bootMilliseconds)
        bytes.append(littleEndian: clock.wallMilliseconds)
        bytes.append(clock.isSynchronised ? 1 : 0)
        bytes.append(isCompressed ? 1 : 0)
        bytes.append(littleEndian: UInt16(0))
    }

    /// Reads and checks a row.
    ///
    /// - Parameter first: the row's key: the header must agree with it.
    /// - Throws: what does not agree.
    init(decoding row: [UInt8], epoch: Epoch, first: SequenceNumber, with decompressor: ZstandardDecompressor)
        throws(DecodingFailure)
    {
        guard row.count > Chunk.headerSize, row.starts(with: Chunk.magic) else {
            throw DecodingFailure(reason: "it does not begin like a chunk")
        }
        let stored = row.span.bytes.unsafeLoadUnaligned(fromByteOffset: 4, as: UInt32.self).littleEndian
        guard CRC32C.checksum(row.span.bytes.extracting(8..<row.count)) == stored else {
            throw DecodingFailure(reason: "its checksum does not agree")
        }
        let header: (epoch: UInt64, first: UInt64, count: UInt32, size: UInt32, clock: ClockReading, codec: UInt8)
        do {
            header = try row.withUnsafeBytes { bytes in
                var reader = ByteReader(bytes, at: 8)
                return (
                    try reader.integer(as: UInt64.self), try reader.integer(as: UInt64.self),
                    try reader.integer(as: UInt32.self), try reader.integer(as: UInt32.self),
                    ClockReading(
                        boot: BootID(
                            high: try reader.integer(as: UInt64.self), low: try reader.integer(as: UInt64.self)),
                        bootMilliseconds: try reader.integer(as: Int64.self),
                        wallMilliseconds: try reader.integer(as: Int64.self),
                        isSynchronised: try reader.byte() & 1 == 1),
                    try reader.byte()
                )
            }
        } catch {
            throw DecodingFailure(reason: "its header is short")
        }
        guard header.epoch == epoch.rawValue, header.first == first.rawValue else {
            throw DecodingFailure(reason: "it belongs to another place in the log")
        }
        guard header.count > 0, header.size <= Limits.chunkSizeMax, header.codec <= 1 else {
            throw DecodingFailure(reason: "its header makes no sense")
        }
        self.epoch = epoch
        self.first = first
        count = Int(header.count)
        clock = header.clock
        body = try Chunk.body(of: row, isCompressed: header.codec == 1, with: decompressor)
        guard body.count == Int(header.size) else { throw DecodingFailure(reason: "its body has another size") }
    }

    private static func body(of row: [UInt8], isCompressed: Bool, with decompressor: ZstandardDecompressor)
        throws(DecodingFailure) -> [UInt8]
    {
        guard isCompressed else { return Array(row[headerSize...]) }
        do throws(CompressionError) {
            return try decompressor.decompress(
                row.span.bytes.extracting(headerSize..<row.count), sizeMax: Limits.chunkSizeMax)
        } catch {
            throw DecodingFailure(reason: error.message)
        }
    }
}
