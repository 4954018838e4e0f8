import Agent
import LogStore
import Records

/// What `millrace log stat` and `verify` print.
enum LogReport {
    static func text(_ statistics: LogStatistics, of gateway: GatewayID) -> String {
        var lines = ["gateway \(gateway)"]
        for (name, stream) in statistics.streams.sorted(by: { $0.key < $1.key }) {
            lines += [
                "", "stream \(name): \(stream.held) records in \(stream.segments.count) segments, \(stream.size)",
            ]
            lines.append("  accepted \(stream.accepted), newest \(stream.end)")
            for segment in stream.segments {
                lines.append("  \(segment.name)  \(segment.first)-\(segment.last)  \(segment.size)")
            }
            for (uplink, streams) in statistics.uplinks.sorted(by: { $0.key < $1.key }) {
                guard let sums = streams[name] else { continue }
                lines.append(
                    "  uplink \(uplink): accepted \(sums.accepted) = forwarded \(sums.forwarded) + held \(sums.held)"
                        + " + lost \(sums.lost) + rejected \(sums.rejected)")
                for range in sums.ahead {
                    lines.append("    done ahead \(range.epoch)/\(range.first)-\(range.last): \(range.count) records")
                }
                for loss in sums.lostRanges {
                    let range = "\(loss.epoch)/\(loss.first)-\(loss.last)"
                    lines.append("    lost \(range): \(loss.count) records, \(loss.reason.rawValue)")
                }
            }
        }
        return lines.joined(separator: "\n")
    }

    static func json(_ statistics: LogStatistics, of gateway: GatewayID) -> String {
        var writer = JSONWriter(reservingCapacity: 1024)
        writer.beginObject()
        writer.key("gateway")
        writer.string(gateway.rawValue)
        writer.key("streams")
        writer.beginArray()
        for (name, stream) in statistics.streams.sorted(by: { $0.key < $1.key }) {
            write(stream, named: name, uplinks: statistics.uplinks.compactMapValues { $0[name] }, to: &writer)
        }
        writer.endArray()
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    static func text(_ findings: [LostRange], sound records: UInt64) -> String {
        let lines = findings.map {
            "\($0.stream): \($0.epoch)/\($0.first)-\($0.last) is missing or damaged (\($0.count) records)"
        }
        return (lines + ["\(records) records are sound"]).joined(separator: "\n")
    }

    static func json(_ findings: [LostRange], sound records: UInt64) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("sound")
        writer.integer(records)
        writer.key("missing")
        write(findings, to: &writer)
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func write(
        _ stream: LogStatistics.Stream, named name: StreamName, uplinks: [UplinkName: LogStatistics.Uplink],
        to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.key("stream")
        writer.string(name.rawValue)
        for (key, value) in [("accepted", stream.accepted), ("records", stream.held)] {
            writer.key(key)
            writer.integer(value)
        }
        writer.key("bytes")
        writer.integer(stream.size.rawValue)
        writer.key("newest")
        writer.string(stream.end.description)
        writer.key("segments")
        writer.beginArray()
        for segment in stream.segments {
            writer.beginObject()
            writer.key("name")
            writer.string(segment.name)
            writer.key("first")
            writer.integer(segment.first.rawValue)
            writer.key("last")
            writer.integer(segment.last.rawValue)
            writer.key("bytes")
            writer.integer(segment.size.rawValue)
            writer.endObject()
        }
        writer.endArray()
        writer.key("uplinks")
        writer.beginArray()
        for (uplink, sums) in uplinks.sorted(by: { $0.key < $1.key }) { write(sums, of: uplink, to: &writer) }
        writer.endArray()
        writer.endObject()
    }

    private static func write(_ sums: LogStatistics.Uplink, of uplink: UplinkName, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("uplink")
        writer.string(uplink.rawValue)
        writer.key("position")
        writer.string(sums.position.description)
        let counts = [
            ("accepted", sums.accepted), ("forwarded", sums.forwarded), ("held", sums.held), ("lost", sums.lost),
            ("rejected", sums.rejected),
        ]
        for (key, value) in counts {
            writer.key(key)
            writer.integer(value)
        }
        writer.key("ahead")
        writer.beginArray()
        for range in sums.ahead {
            writer.beginObject()
            writer.key("epoch")
            writer.string(range.epoch.description)
            writer.key("first")
            writer.integer(range.first.rawValue)
            writer.key("last")
            writer.integer(range.last.rawValue)
            writer.endObject()
        }
        writer.endArray()
        writer.key("lostRanges")
        write(sums.lostRanges, to: &writer)
        writer.endObject()
    }

    private static func write(_ losses: [LostRange], to writer: inout JSONWriter) {
        writer.beginArray()
        for loss in losses {
            writer.beginObject()
            writer.key("stream")
            writer.string(loss.stream.rawValue)
            writer.key("epoch")
            writer.string(loss.epoch.description)
            writer.key("first")
            writer.integer(loss.first.rawValue)
            writer.key("last")
            writer.integer(loss.last.rawValue)
            writer.key("bytes")
            writer.integer(loss.bytes)
            writer.key("reason")
            writer.string(loss.reason.rawValue)
            writer.key("time")
            writer.string(RecordLine.time(loss.wallMilliseconds))
            writer.endObject()
        }
        writer.endArray()
    }
}
