/// What is known of one device: its metrics with their aliases and last values.
struct SparkplugDevice: Sendable {
    /// Metrics of one device: names that come without end are no measurements.
    static let metricsMax = 1000

    private struct Known: Sendable {
        let alias: UInt64
        var value: SparkplugMetric.Value
        var milliseconds: Int64
        var unit: String?
    }

    private var names: [String] = []
    private var known: [String: Known] = [:]
    /// Whether its last birth said all that is known.
    private(set) var isBorn = false
    /// When it was last heard of, counted in records.
    var lastHeard: UInt64 = 0

    var count: Int { names.count }

    /// Whether there is room for the names of some metrics.
    func hasRoom(for metrics: [SparkplugMetric]) -> Bool {
        guard names.count + metrics.count > Self.metricsMax else { return true }
        let new = Set(metrics.compactMap(\.name)).subtracting(known.keys)
        return names.count + new.count <= Self.metricsMax
    }

    /// Takes note of new names and of kinds that have changed; afterwards it must be born again if there were any.
    mutating func declare(_ metrics: [SparkplugMetric], nextAlias: inout UInt64) {
        for metric in metrics {
            guard let name = metric.name else { continue }
            if let earlier = known[name], earlier.value.kind == metric.value.kind, earlier.unit == metric.unit {
                continue
            }
            isBorn = false
            let alias = known[name]?.alias ?? nextAlias
            if alias == nextAlias {
                nextAlias += 1
                names.append(name)
            }
            known[name] = Known(
                alias: alias, value: .null(metric.value.kind), milliseconds: metric.milliseconds, unit: metric.unit)
        }
    }

    /// All metrics with their names and last values, for a birth.
    mutating func birth() -> [SparkplugMetric] {
        isBorn = true
        return names.compactMap { name in
            known[name].map { metric in
                SparkplugMetric(
                    name: name, alias: metric.alias, value: metric.value, milliseconds: metric.milliseconds,
                    unit: metric.unit)
            }
        }
    }

    /// The connection is gone, and with it what the host knew.
    mutating func forgetBirth() { isBorn = false }

    /// Values that came, by their aliases; the last ones are remembered.
    mutating func update(_ metrics: [SparkplugMetric]) -> [SparkplugMetric] {
        metrics.map { metric in
            guard let name = metric.name, let earlier = known[name] else { return metric }
            if metric.milliseconds >= earlier.milliseconds, !metric.isHistorical {
                known[name]?.value = metric.value
                known[name]?.milliseconds = metric.milliseconds
            }
            var short = metric
            short.name = nil
            short.alias = earlier.alias
            short.unit = nil
            return short
        }
    }
}
