import Records
import Uplinks

/// What an audit has found, for people and programs.
struct AuditReport: Sendable {
    /// One stream of one gateway.
    struct Stream: Sendable {
        let key: SequenceAudit.Key
        let sums: SequenceAudit.Summary
        let reasons: [LostRange.Reason: UInt64]
        let gaps: [SequenceAudit.Gap]
        let delays: DelayHistogram?

        var name: String { "\(key.gateway)/\(key.stream)" }
    }

    /// What comes of it: the exit code.
    enum Verdict: Int32, Sendable {
        /// Every record arrived, or was left out by a filter.
        case complete = 0
        /// Records are missing, or messages could not be read.
        case incomplete = 1
        /// Nothing is missing but what a gateway itself announced as lost.
        case lost = 2
        /// Nothing arrived.
        case nothing = 3

        var text: String {
            switch self {
            case .complete: "complete"
            case .incomplete: "incomplete"
            case .lost: "lost"
            case .nothing: "nothing"
            }
        }
    }

    /// Gaps that are listed for each stream; the sums have them all.
    static let gapsMax = 20

    let streams: [Stream]
    let sums: SequenceAudit.Summary
    let messages: UInt64
    let unreadable: UInt64
    let untracked: UInt64
    let problem: String?

    init(_ findings: borrowing CentreInbox.Findings) {
        let audit = findings.audit
        let delays = findings.delays
        streams = audit.streams.map { key, audit in
            Stream(
                key: key, sums: audit.summary, reasons: audit.reasons, gaps: audit.gaps(of: key, atMost: Self.gapsMax),
                delays: delays[key])
        }
        sums = streams.reduce(into: SequenceAudit.Summary()) { $0 += $1.sums }
        messages = findings.messages
        unreadable = findings.unreadable
        untracked = audit.untracked
        problem = findings.problem
    }

    var verdict: Verdict {
        if sums.missing > 0 || unreadable > 0 || untracked > 0 { return .incomplete }
        if sums.received == 0, sums.lost == 0 { return .nothing }
        return sums.lost > sums.lostButReceived ? .lost : .complete
    }

    // MARK: For people

    /// The streams in which something is wrong first, then by name.
    var worstFirst: [Stream] {
        streams.sorted { left, right in
            (right.sums.missing, right.sums.lost, left.key) < (left.sums.missing, left.sums.lost, right.key)
        }
    }

    /// The heading of ``line(of:nameWidth:)``.
    static func heading(nameWidth: Int) -> String {
        "stream".padded(nameWidth)
            + ["received", "missing", "lost", "filtered", "twice", "replayed", "order"].map { right($0, 11) }.joined()
            + ["p50", "p99", "max"].map { right($0, 8) }.joined()
    }

    /// One stream as a row of the table.
    static func line(of stream: Stream, nameWidth: Int) -> String {
        let sums = stream.sums
        let counts = [
            sums.distinct, sums.missing, sums.lost, sums.filtered, sums.duplicates, sums.replayed, sums.outOfOrder,
        ]
        let delays = [0.5, 0.99, 1].map { stream.delays?.percentile($0).map(delay) ?? "-" }
        return stream.name.padded(nameWidth) + counts.map { right($0.grouped, 11) }.joined()
            + delays.map { right($0, 8) }.joined()
    }

    /// The whole report.
    var text: String {
        let width = min(48, max(8, streams.map(\.name.count).max() ?? 0))
        var lines = [Self.heading(nameWidth: width)]
        for stream in worstFirst {
            lines.append(Self.line(of: stream, nameWidth: width))
            for (reason, count) in stream.reasons.sorted(by: { $0.key.rawValue < $1.key.rawValue }) where count > 0 {
                lines.append("  lost: \(count.grouped) \(reason.rawValue)")
            }
            for gap in stream.gaps { lines.append("  missing: \(gap) (\(gap.count.grouped))") }
        }
        if unreadable > 0 { lines.append("\(unreadable.grouped) messages could not be read: \(problem ?? "")") }
        if untracked > 0 { lines.append("\(untracked.grouped) events are of streams beyond the number looked at") }
        lines.append(verdictLine)
        return lines.joined(separator: "\n")
    }

    /// In one line.
    var verdictLine: String {
        let counts = "\(streams.count) streams, \(sums.distinct.grouped) records"
        switch verdict {
        case .complete: return "\(counts): all there"
        case .incomplete where sums.missing > 0: return "\(counts): \(sums.missing.grouped) are missing"
        case .incomplete: return "\(counts): not everything could be read"
        case .lost: return "\(counts): nothing missing but \(sums.lost.grouped) that were announced as lost"
        case .nothing: return "nothing arrived"
        }
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
    }

    /// `12ms`, `3.4s`, `5m`, `2h`.
    private static func delay(_ milliseconds: Int64) -> String {
        milliseconds < 1000 ? "\(milliseconds)ms" : ListenScreen.age(.milliseconds(milliseconds))
    }

    // MARK: For programs

    /// One JSON object, on one line.
    var json: String {
        var writer = JSONWriter(reservingCapacity: 256 + streams.count * 400)
        writer.beginObject()
        writer.member("verdict", string: verdict.text)
        writer.member("messages", integer: messages)
        writer.member("unreadable", integer: unreadable)
        writer.member("untracked", integer: untracked)
        Self.write(sums, to: &writer)
        writer.key("streams")
        writer.beginArray()
        for stream in streams { Self.write(stream, to: &writer) }
        writer.endArray()
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func write(_ sums: SequenceAudit.Summary, to writer: inout JSONWriter) {
        writer.member("received", integer: sums.received)
        writer.member("distinct", integer: sums.distinct)
        writer.member("duplicates", integer: sums.duplicates)
        writer.member("replayed", integer: sums.replayed)
        writer.member("outOfOrder", integer: sums.outOfOrder)
        writer.member("lost", integer: sums.lost)
        writer.member("lostButReceived", integer: sums.lostButReceived)
        writer.member("filtered", integer: sums.filtered)
        writer.member("missing", integer: sums.missing)
    }

    private static func write(_ stream: Stream, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("gateway", string: stream.key.gateway.rawValue)
        writer.member("stream", string: stream.key.stream.rawValue)
        write(stream.sums, to: &writer)
        writer.key("lostReasons")
        writer.beginObject()
        for (reason, count) in stream.reasons.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            writer.key(reason.rawValue)
            writer.integer(count)
        }
        writer.endObject()
        writer.key("gaps")
        writer.beginArray()
        for gap in stream.gaps { writer.string(gap.description) }
        writer.endArray()
        if let delays = stream.delays {
            writer.key("delayMilliseconds")
            writer.beginObject()
            writer.member("p50", integer: delays.percentile(0.5) ?? 0)
            writer.member("p90", integer: delays.percentile(0.9) ?? 0)
            writer.member("p99", integer: delays.percentile(0.99) ?? 0)
            writer.member("max", integer: delays.maximum)
            writer.endObject()
        }
        writer.endObject()
    }
}
