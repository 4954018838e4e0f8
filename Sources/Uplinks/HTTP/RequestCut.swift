import Records

/// How many of the records that may go next one request holds.
enum RequestCut {
    /// The indices of the request's records: the first candidate, and with it those of the same key, in order, until
    /// the request is full.
    ///
    /// - Parameter sizeTarget: bytes of body, at most the form's own.
    static func indices(
        _ candidates: [Int], of batch: RecordBatch, form: some RequestForm, sizeTarget: Int
    ) -> [Int] {
        guard let first = candidates.first else { return [] }
        let limits = form.limits
        let target = min(sizeTarget, limits.sizeTarget)
        let key = form.sharedKey(of: batch.records[first], of: batch)
        var indices = [first]
        var size = form.sizeEstimate(of: batch.records[first])
        for index in candidates.dropFirst() {
            guard indices.count < limits.recordsMax else { break }
            let record = batch.records[index]
            guard key == nil || form.sharedKey(of: record, of: batch) == key else { continue }
            size += form.sizeEstimate(of: record)
            guard size <= target else { break }
            indices.append(index)
        }
        return indices
    }
}
