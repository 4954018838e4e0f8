import Agent
import DeviceProfiles
import Records
import SerialIO
import StrictTOML

/// What was found at one port, for people and programs: comments and a table for the configuration, or a JSON object.
struct DetectionReport {
    /// In one word.
    enum Outcome: String { case found, ambiguous, nothing, unusable }

    /// Why a port was not looked at.
    struct Failure: Error, CustomStringConvertible {
        let message: String
        var description: String { message }
    }

    let port: PortName
    let lastingName: PortName
    let result: Result<Detection, Failure>
    /// Whether requests were sent too.
    let wasAsked: Bool
    /// Names of sources that other ports have.
    let namesInUse: Set<String>

    /// Readings shown of each candidate.
    private static let readingsMax = 8
    /// Candidates shown beside the best.
    private static let othersMax = 5

    var outcome: Outcome {
        guard case .success(let detection) = result else { return .unusable }
        return switch detection.choices.count {
        case 0: .nothing
        case 1: .found
        default: .ambiguous
        }
    }

    private var choices: [DetectionCandidate] { (try? result.get().choices) ?? [] }
    private var candidates: [DetectionCandidate] { (try? result.get().candidates) ?? [] }

    // MARK: For people

    var text: String {
        switch result {
        case .failure(let failure): "# \(port): \(failure)"
        case .success(let detection):
            (headLines(detection) + (tableLines.isEmpty ? [] : [""] + tableLines + [""])).joined(separator: "\n")
        }
    }

    private func headLines(_ detection: Detection) -> [String] {
        var lines: [String] = []
        switch outcome {
        case .unusable: break
        case .nothing: lines = nothingLines(detection)
        case .found:
            lines = ["\(port): \(choices[0].profile.title)"] + self.lines(of: choices[0])
        case .ambiguous:
            lines = [
                "\(port): \(choices.count) profiles fit, and nothing on the wire tells them apart; choose by what is "
                    + "printed on the device"
            ]
            for choice in choices {
                lines.append("  \(choice.profile.name): \(choice.profile.title)")
                lines += self.lines(of: choice).map { "  " + $0 }
            }
        }
        let others = candidates.map(\.profile.name).filter { name in !choices.contains { $0.profile.name == name } }
        if !others.isEmpty {
            lines.append("  less well: " + others.prefix(Self.othersMax).joined(separator: ", "))
        }
        return lines.map { "# " + $0 }
    }

    private func lines(of candidate: DetectionCandidate) -> [String] {
        let what = candidate.wasAsked ? "answer" : candidate.isProven ? "checked frame" : "plausible frame"
        var lines = [
            "  \(candidate.frames) \(what)\(candidate.frames == 1 ? "" : "s") at \(candidate.settings), "
                + "\(candidate.errors) damaged"
                + (candidate.unanswered > 0 ? ", \(candidate.unanswered) requests refused or not answered" : "")
        ]
        let readings = candidate.readings.prefix(Self.readingsMax).map(Self.text)
        let more = candidate.readings.count > Self.readingsMax ? ", ..." : ""
        lines.append("  " + readings.joined(separator: ", ") + more)
        let profile = candidate.profile
        if !profile.models.isEmpty { lines.append("  sold as " + profile.models.joined(separator: ", ")) }
        lines += profile.notes.split(separator: "\n").map { "  " + $0 }
        return lines
    }

    private func nothingLines(_ detection: Detection) -> [String] {
        guard !detection.strangers.isEmpty else {
            let hint = wasAsked ? "check power and wiring" : "devices that wait to be asked are found with --poll"
            return ["\(port): nothing was heard; \(hint)"]
        }
        var lines = ["\(port): no profile fits what was heard"]
        for heard in detection.strangers {
            lines.append(
                "  \(heard.settings): \(heard.count) bytes" + (heard.line.map { ", text: \(quoted($0))" } ?? ""))
        }
        if detection.strangers.contains(where: { $0.line != nil }) {
            lines.append("  lines of text need no profile: see `format` in docs/configuration.md")
        }
        return lines
    }

    private static func text(_ reading: Reading) -> String {
        "\(reading.name) \(reading.value.shown)" + (reading.unit.map { " \($0)" } ?? "")
    }

    // MARK: The configuration

    /// The name of the source: the profile's, as far as it is free and fits.
    var sourceName: String? {
        guard let name = choices.first?.profile.name else { return nil }
        let base = String(name.prefix { $0 != "/" }.prefix(28))
        let stem = SourceName(base) == nil ? "sensor" : base
        return namesInUse.contains(stem)
            ? (2...).lazy.map { "\(stem)-\($0)" }.first { !namesInUse.contains($0) } : stem
    }

    private var tableLines: [String] {
        guard let best = choices.first, let sourceName else { return [] }
        var lines = [
            "[serial.\(sourceName)]", "port = \(TOMLText.string(lastingName.description))",
        ]
        let names = choices.map { TOMLText.string($0.profile.name) }
        // A name that is none: whoever pastes it without choosing is told so, and no guess is read for a measurement.
        lines.append(
            names.count == 1 ? "profile = \(names[0])" : "profile = \"\"   # choose: \(names.joined(separator: ", "))")
        if best.settings.baud != best.profile.link.settings.baud { lines.append("baud = \(best.settings.baud)") }
        return lines
    }

    // MARK: For programs

    var json: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("port", string: port.description)
        writer.member("result", string: outcome.rawValue)
        if case .failure(let failure) = result { writer.member("reason", string: failure.message) }
        writer.key("choices")
        writer.beginArray()
        for choice in choices { writer.string(choice.profile.name) }
        writer.endArray()
        writer.key("candidates")
        writer.beginArray()
        for candidate in candidates { write(candidate, to: &writer) }
        writer.endArray()
        writer.key("heard")
        writer.beginArray()
        for heard in (try? result.get().strangers) ?? [] {
            writer.beginObject()
            writer.member("settings", string: heard.settings.description)
            writer.member("bytes", integer: heard.count)
            if let line = heard.line { writer.member("line", string: line) }
            writer.endObject()
        }
        writer.endArray()
        writer.member("configuration", string: tableLines.map { $0 + "\n" }.joined())
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private func write(_ candidate: DetectionCandidate, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("profile", string: candidate.profile.name)
        writer.member("title", string: candidate.profile.title)
        writer.member("settings", string: candidate.settings.description)
        writer.member("baud", integer: candidate.settings.baud)
        writer.member("checked", boolean: candidate.isProven)
        writer.member("asked", boolean: candidate.wasAsked)
        writer.member("frames", integer: candidate.frames)
        writer.member("errors", integer: candidate.errors)
        writer.member("unanswered", integer: candidate.unanswered)
        writer.key("readings")
        FrameLine.write(candidate.readings, to: &writer)
        writer.endObject()
    }
}

extension Reading.Value {
    /// For people: a whole number without a point.
    var shown: String {
        switch self {
        case .number(let number): Int(exactly: number).map(String.init) ?? "\(number)"
        case .text(let text): text
        case .boolean(let flag): flag ? "true" : "false"
        }
    }
}
