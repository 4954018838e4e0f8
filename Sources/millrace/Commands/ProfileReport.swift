import DeviceProfiles
import Records
import SerialIO
import StrictTOML

/// What a profile says, for people and programs.
enum ProfileReport {
    /// An array of objects, one for each profile.
    static func list(_ profiles: [Profile]) -> String {
        var writer = JSONWriter()
        writer.beginArray()
        for profile in profiles {
            writer.beginObject()
            writer.member("profile", string: profile.name)
            writer.member("title", string: profile.title)
            write("models", profile.models, to: &writer)
            write("lookalikes", profile.lookalikes, to: &writer)
            writer.member("source", string: profile.source)
            writer.key("baud")
            writer.beginArray()
            for baud in profile.link.bauds { writer.integer(baud) }
            writer.endArray()
            write("readings", readingNames(profile), to: &writer)
            writer.endObject()
        }
        writer.endArray()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// A table in Markdown: `docs/devices.md` is made of it.
    static func markdown(_ profiles: [Profile]) -> String {
        func cell(_ text: String) -> String { text.replacing("|", with: "\\|") }
        let rows = profiles.map { profile in
            let title = profile.title == profile.models.first ? [] : [profile.title]
            let readings =
                readingNames(profile).map { "`\($0)`" } + (profile.publishesOthers ? ["every other key"] : [])
            let cells = [
                (title + [profile.models.joined(separator: ", ")]).joined(separator: "<br>"),
                readings.joined(separator: " "),
            ]
            return "| `\(profile.name)` | " + cells.map(cell).joined(separator: " | ") + " |"
        }
        return (["| profile | sensor, models | readings |", "|---|---|---|"] + rows).joined(separator: "\n")
    }

    private static func write(_ key: String, _ texts: [String], to writer: inout JSONWriter) {
        writer.key(key)
        writer.beginArray()
        for text in texts { writer.string(text) }
        writer.endArray()
    }

    private static func readingNames(_ profile: Profile) -> [String] {
        var known: Set<String> = []
        let names = profile.messages.flatMap(\.fields).filter(\.isPublished).map(\.name)
        return names.filter { known.insert($0).inserted }
    }

    /// Several lines.
    static func text(_ profile: Profile) -> String {
        var lines = ["\(profile.name): \(profile.title)"]
        func add(_ label: String, _ text: String) {
            if !text.isEmpty { lines.append("  " + label.padded(to: 12) + text) }
        }
        add("models", profile.models.joined(separator: ", "))
        add("source", profile.source)
        add("notes", profile.notes.split(separator: "\n").joined(separator: " "))
        add("looks like", profile.lookalikes.joined(separator: ", "))
        let others = profile.link.bauds.dropFirst().map(String.init).joined(separator: ", ")
        add("line", "\(profile.link.settings)" + (others.isEmpty ? "" : ", or \(others)"))
        if profile.warmUp > .zero { add("warm-up", DurationText.format(profile.warmUp)) }
        add("device", profile.deviceField ?? "")
        for message in profile.messages {
            lines.append("  message \(message.name ?? "")".trimmedEnd)
            for field in message.fields where field.isPublished {
                lines.append("    " + field.name.padded(to: 28) + (field.unit ?? ""))
            }
        }
        if profile.publishesOthers { lines.append("    and every other key") }
        lines += asked(profile)
        if !profile.variants.isEmpty {
            lines.append("  variants")
            lines += profile.variants.map { "    " + $0.name.padded(to: 28) + $0.title }
        }
        return lines.map(\.trimmedEnd).joined(separator: "\n")
    }

    /// What is asked for, and how often.
    private static func asked(_ profile: Profile) -> [String] {
        if let rule = profile.modbus, let plan = ProfileDecoder(profile).plan {
            let requests = plan.requests.map { request in
                "\(request.table) \(request.range.lowerBound) to \(request.range.upperBound - 1)"
            }
            return ["  asks for    " + requests.joined(separator: "; ") + ", every \(DurationText.format(rule.every))"]
        }
        return profile.polls.map { poll in
            let bytes = poll.request.bytes(parameters: profile.parameters)
            let text = bytes.map { HexDump.digits($0) } ?? "what [parameters] say"
            return "  sends       \(text), every \(DurationText.format(poll.every))"
        }
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(1, width - count))
    }

    fileprivate var trimmedEnd: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
