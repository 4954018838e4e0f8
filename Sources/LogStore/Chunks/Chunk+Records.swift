import Records

extension Chunk {
    /// Appends the chunk's records from `start` on.
    ///
    /// - Parameters:
    ///   - start: records before it are passed over.
    ///   - boots: the wall offsets of boots that saw a synchronised clock.
    ///   - countMax: no more than this many.
    /// - Throws: where the body is not what a chunk's body is; nothing is appended then.
    func appendRecords(from start: SequenceNumber, boots: BootTable, countMax: Int, to records: inout [Record])
        throws(DecodingFailure)
    {
        let before = records.count
        do {
            try body.withUnsafeBytes { bytes in
                try appendRecords(bytes, from: start, boots: boots, countMax: countMax, to: &records)
            }
        } catch {
            records.removeSubrange(before...)
            throw error as? DecodingFailure ?? DecodingFailure(reason: "it cannot be read")
        }
    }

    private func appendRecords(
        _ bytes: UnsafeRawBufferPointer, from start: SequenceNumber, boots: BootTable, countMax: Int,
        to records: inout [Record]
    ) throws(DecodingFailure) {
        var reader = ByteReader(bytes)
        var topics: [String] = []
        var sequence = first
        var left = countMax
        let end = last.next
        while sequence < end, left > 0 {
            let flags = try reader.byte()
            guard flags & ~ChunkFlags.all == 0 else { throw DecodingFailure(reason: "a record's flags make no sense") }
            let age = try reader.varint()
            if flags & ChunkFlags.newTopic != 0 { topics.append(try reader.text()) }
            let topicNumber = flags & ChunkFlags.newTopic != 0 ? UInt64(topics.count - 1) : try reader.varint()
            guard topicNumber < topics.count else { throw DecodingFailure(reason: "a topic is not in the dictionary") }
            let properties = flags & ChunkFlags.hasProperties != 0 ? try reader.counted() : nil
            let payload = try reader.counted()
            if sequence >= start {
                let record = Record(
                    sequence: sequence, topic: topics[Int(topicNumber)], payload: body[payload],
                    time: boots.time(after: Int64(truncatingIfNeeded: age), from: clock),
                    isRetained: flags & ChunkFlags.retained != 0,
                    properties: try properties.map { (range) throws(DecodingFailure) in
                        try RecordProperties(decoding: UnsafeRawBufferPointer(rebasing: bytes[range]))
                    })
                records.append(record)
                left -= 1
            }
            sequence = sequence.next
        }
        if left > 0, !reader.isAtEnd { throw DecodingFailure(reason: "it is longer than its records") }
    }
}
