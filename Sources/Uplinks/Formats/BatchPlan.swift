import Records

/// How a run of records is cut into messages of many records.
///
/// Worked out before anything is encoded, from an estimate of each record's size, so that messages can be encoded one
/// by one as the window has room. The size is a target: a record that is larger by itself gets a message of its own.
public struct BatchPlan: Sendable {
    /// Indices into the batch's records, one range per message, without holes.
    public private(set) var messages: [Range<Int>] = []

    /// Cuts a run of records.
    ///
    /// - Parameters:
    ///   - records: the batch's records.
    ///   - start: index of the first record that is not confirmed yet.
    ///   - end: index behind the last record to send.
    ///   - recordsMax: records in one message, at least 1.
    ///   - sizeTarget: bytes of one message, before compression.
    ///   - sizeEstimate: bytes that one record will take.
    public init(
        _ records: [Record], from start: Int, upTo end: Int, recordsMax: Int, sizeTarget: Int,
        sizeEstimate: (Record) -> Int
    ) {
        var first = start
        var size = 0
        var path = records[start].properties == nil ? [] : LoopGuard.path(of: records[start])
        for index in start..<end {
            let record = records[index]
            let estimate = sizeEstimate(record)
            // One message has one set of properties, so its records share the gateways that they passed.
            let own = record.properties == nil ? [] : LoopGuard.path(of: record)
            if index > first, index - first >= recordsMax || size + estimate > sizeTarget || own != path {
                messages.append(first..<index)
                first = index
                size = 0
            }
            size += estimate
            path = own
        }
        messages.append(first..<end)
    }
}
