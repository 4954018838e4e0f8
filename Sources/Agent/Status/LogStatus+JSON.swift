import Records

extension LogStatus {
    func write(at now: ClockReading, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("path", string: path)
        writer.member("look_age_seconds", seconds: lookAge)
        writer.key("streams")
        writer.array(streams) { $0.write(at: now, to: &$1) }
        writer.key("medium")
        medium.write(to: &writer)
        writer.endObject()
    }
}

extension StreamStatus {
    fileprivate func write(at now: ClockReading, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", string: name.rawValue)
        writer.member("accepted", integer: accepted)
        writer.member("held", integer: held)
        writer.member("records_per_second", rounded: rate)
        writer.member("size_bytes", integer: size.rawValue)
        writer.member("capacity_bytes", integer: capacity.rawValue)
        writer.member("lasts_seconds", seconds: lasts)
        writer.member("oldest_time", optional: oldest.map { RecordLine.time($0.wallMilliseconds) })
        writer.member("oldest_age_seconds", seconds: oldest.map { $0.age(at: now) })
        writer.member("end", optional: end?.description)
        writer.member("problem", optional: problem)
        writer.key("records_per_minute")
        writer.array(history) { $1.number($0) }
        writer.endObject()
    }
}

extension MediumStatus {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("device", optional: device)
        writer.member("free_bytes", optional: free?.rawValue)
        writer.member("size_bytes", optional: size?.rawValue)
        writer.member("written_bytes", optional: written)
        writer.member("written_bytes_per_day", optional: writtenPerDay.map { UInt64(max(0, min($0, 1e18))) })
        writer.member("life_days", optional: life.map { $0.components.seconds / 86_400 })
        writer.member("life_basis", optional: lifeBasis)
        writer.member("life_used_percent", optional: lifeUsedPercent)
        writer.endObject()
    }
}

extension RecordTime {
    /// How long ago it was: by the boot clock within a boot, else by the wall clock; never below zero.
    public func age(at now: ClockReading) -> Duration {
        let milliseconds =
            boot == now.boot
            ? now.bootMilliseconds - bootMilliseconds : now.wallMilliseconds - wallMilliseconds
        return .milliseconds(max(0, milliseconds))
    }
}
