import DeviceProfiles
import Records
import StrictTOML

/// What is expected of a device: `silent_after` and `alarms`.
extension AgentConfigurationReader {
    /// `silent_after`: the longest silence that is none.
    func readSilence(_ table: TableReader) -> Duration? {
        table.duration("silent_after", in: .seconds(1)...(.seconds(365 * 86_400)))
    }

    /// What is expected of a device with a profile.
    func readExpectations(_ table: TableReader, of device: inout DeviceConfiguration) {
        device.silentAfter = readSilence(table)
        device.ranges = readRanges(table, of: device.profile)
    }

    /// `alarms`: the range of each reading that is watched.
    func readRanges(_ table: TableReader, of profile: Profile) -> [RangeRule] {
        let known = profile.knownReadings
        return table.namedTables("alarms", example: "temperature").map { named in
            let range = named.reader
            if let known, !known.contains(named.name) {
                let hint = NearestKey.hint(named.name, in: known) ?? "; it gives \(quotedList(known))"
                range.fail("\(profile.name) gives no reading \(quoted(named.name))\(hint)")
            }
            var rule = RangeRule(reading: named.name)
            rule.above = range.number("above")
            rule.below = range.number("below")
            rule.hysteresis = range.number("hysteresis") ?? 0
            if rule.hysteresis < 0 { range.fail("must not be below zero", at: "hysteresis") }
            if !range.has("above"), !range.has("below") {
                range.fail("needs a limit; set above = ... or below = ...")
            }
            if let above = rule.above, let below = rule.below, below + rule.hysteresis > above - rule.hysteresis {
                range.fail("leaves no value that is no alarm: below and above are too near to each other", at: "below")
            }
            range.finish()
            return rule
        }
    }
}

extension Profile {
    /// The names of all readings that it can give; nil where frames name some themselves.
    fileprivate var knownReadings: [String]? {
        guard !publishesOthers else { return nil }
        let fields = messages.flatMap(\.fields)
        // An element of an array has its number in its name: how many there are, the frame says.
        return fields.contains { $0.repetition != nil } ? nil : fields.map(\.name)
    }
}
