import Agent
import DeviceProfiles
import Records
import StrictTOML

/// What a log can take on this medium, and how long the medium lasts. Pure.
struct LoadEstimate {
    /// The longest a record waits for others, seconds.
    let linger: Double
    let probe: LogProbe
    let medium: MediumWatch
    /// `[log] endurance`.
    let endurance: ByteCount?
    /// Records a second that polled devices bring; 0 where there are none.
    let polledRate: Double

    /// Records a second that the table shows.
    static let rates: [Double] = [1, 10, 100, 1000]

    /// How many records share a commit at these rates.
    static func recordCounts(linger: Double, rates: [Double]) -> [Int] {
        rates.map { perCommit($0, linger: linger) } + [largestCommit]
    }

    /// As many as an MQTT source lets a broker have on the way.
    static let largestCommit = 2000

    private static func perCommit(_ rate: Double, linger: Double) -> Int { max(1, Int((rate * linger).rounded())) }

    var findings: [Finding] {
        guard let largest = probe.runs.last else { return [] }
        let rate = Double(largest.records) / max(1e-6, largest.seconds)
        var findings = [
            Finding(
                .good, "log",
                "about \(UInt64(rate).grouped) records a second at most: \(largest.records) share a commit of "
                    + DiskJudgement.time(largest.seconds),
                figures: [.init(name: "records_per_second_max", value: rate)])
        ]
        for rate in Self.rates {
            if let finding = wear(rate, "at \(Int(rate)) record\(rate == 1 ? "" : "s") a second") {
                findings.append(finding)
            }
        }
        if polledRate > 0,
            let finding = wear(polledRate, "at the \(polledRate.text(1)) a second of the devices that are asked")
        {
            findings.append(finding)
        }
        if findings.count == 1 {
            findings.append(
                Finding(.untold, "log", "what a commit writes: the kernel counts nothing for this file system"))
        }
        return findings
    }

    /// What a day writes, and how long the medium bears it.
    private func wear(_ rate: Double, _ label: String) -> Finding? {
        let count = Self.perCommit(rate, linger: linger)
        guard let run = probe.runs.first(where: { $0.records == count }), let bytes = run.bytes else { return nil }
        let perSecond = bytes * rate / Double(count)
        let status = medium.status(written: nil, rate: perSecond, endurance: endurance)
        var text = "\(label): \(Self.size(perSecond * 86_400)) a day go to the medium"
        var figures = [
            Finding.Figure(name: "records_per_second", value: rate),
            Finding.Figure(name: "written_bytes_per_day", value: perSecond * 86_400),
        ]
        guard let life = status.life else { return Finding(.good, "log", text, figures: figures) }
        let days = life / .seconds(86_400)
        text += days > 20 * 365 ? ", which it bears for decades" : ", which it bears for \(Self.life(days))"
        figures.append(.init(name: "life_days", value: days))
        let isShort = days < 2 * 365
        return Finding(
            isShort ? .warning : .good, "log", text,
            advice: isShort ? "a longer [log] commit_linger spares it; worked out from \(status.lifeBasis ?? "")" : nil,
            figures: figures)
    }

    private static func life(_ days: Double) -> String {
        days >= 730 ? "\((days / 365).text(0)) years" : "\(days.text(0)) days"
    }

    private static func size(_ bytes: Double) -> String {
        bytes < 1e9 ? "\((bytes / 1e6).text(1)) MB" : "\((bytes / 1e9).text(1)) GB"
    }
}

extension AgentConfiguration {
    /// Records a second of the devices that are asked at intervals: one for each answer.
    var polledRate: Double {
        serialSources.reduce(0) { sum, source in
            guard case .devices(let devices) = source.content else { return sum }
            return sum
                + devices.reduce(0) { sum, device in
                    let every = device.profile.rate.every ?? device.profile.pollInterval
                    return sum + (every.map { 1 / max(1e-3, $0 / .seconds(1)) } ?? 0)
                }
        }
    }
}
