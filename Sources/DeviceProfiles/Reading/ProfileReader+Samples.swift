import SerialIO
import StrictTOML

/// `[[sample]]`, and what can only be said of the whole.
extension ProfileReader {
    func readSamples(_ top: TableReader, profile: Profile) -> [Sample] {
        let samples = (top.tables("sample") ?? []).compactMap { readSample($0, profile) }
        if !top.has("sample") {
            top.note("there is no [[sample]]; a frame with what must come out of it shows that the profile is right")
        } else if !samples.contains(where: \.isRejected) {
            top.note("no [[sample]] has rejected = true; a frame with a flipped bit shows that noise is no reading")
        } else if samples.allSatisfy(\.isRejected) {
            top.note("every [[sample]] is rejected; one with readings shows that the profile is right")
        }
        return samples
    }

    private func readSample(_ table: TableReader, _ profile: Profile) -> Sample? {
        defer { table.finish() }
        if !table.has("text") { table.require("frame", example: "\"FF 86 02 7C 42 00 00 00 BA\"") }
        let frame = bytes(table, "frame")
        let text = table.string("text")
        if frame != nil, text != nil { table.fail("give either frame or text", at: "text") }
        var sample = Sample(bytes: frame ?? text.map { Array($0.utf8) } ?? [])
        sample.line = table.line
        sample.title = table.string("title") ?? ""
        sample.request = bytes(table, "request")
        sample.variant = table.string("variant")
        sample.device = table.string("device")
        sample.isRejected = table.boolean("rejected") ?? false
        sample.missing = table.strings("missing") ?? []
        sample.expected = (table.namedScalars("expect", example: "{ temperature = 21.5 }") ?? []).map {
            .init(name: $0.name, value: RawValue($0.value))
        }
        var chosen = profile
        if let name = sample.variant {
            if let variant = profile.variant(name) {
                chosen = variant
            } else {
                let hint = NearestKey.hint(name, in: profile.variants.compactMap(\.variantName)) ?? ""
                table.fail("there is no variant \(quoted(name))\(hint)", at: "variant")
            }
        }
        checkNames(of: sample, chosen, table)
        if sample.isRejected {
            for key in ["expect", "missing", "device"] where table.has(key) {
                table.fail("a rejected sample has no readings", at: key)
            }
        } else if !table.has("expect"), !table.has("missing") {
            table.fail("says nothing; give expect, missing, or rejected = true")
        }
        if profile.framing.isKnownByRequest {
            table.require("request", example: "\"55\"")
        }
        return frame == nil && text == nil ? nil : sample
    }

    /// A sample that names what the profile has not was written for another one, and proves nothing.
    private func checkNames(of sample: Sample, _ profile: Profile, _ table: TableReader) {
        guard !profile.publishesOthers else { return }
        let fields = profile.messages.flatMap(\.fields)
        var names = Set(fields.filter { $0.repetition == nil }.map(\.name))
        let arrays = fields.filter { $0.repetition != nil }
        for count in 1...64 { names.formUnion(arrays.map { $0.name(element: count) }) }
        for (key, used) in [("expect", sample.expected.map(\.name)), ("missing", sample.missing)] {
            for name in used where !names.contains(name) {
                let hint = NearestKey.hint(name, in: names) ?? ""
                table.fail("there is no field \(quoted(name))\(hint)", at: key)
            }
        }
    }

    /// What the fields say together.
    func checkFields(_ profile: Profile, _ top: TableReader) {
        checkRequests(profile, top)
        if let device = profile.deviceField {
            let fields = profile.messages.flatMap(\.fields)
            if !fields.contains(where: { $0.name == device && $0.repetition == nil }), !profile.publishesOthers {
                let hint = NearestKey.hint(device, in: fields.map(\.name)) ?? ""
                top.fail("there is no field \(quoted(device))\(hint)", at: "device")
            }
        }
        for (index, message) in profile.messages.enumerated().dropLast() where isAlwaysTaken(message, profile) {
            let replies = profile.polls.map(\.reply)
            // A poll that names the next one and not this one tells them apart.
            let next = profile.messages[index + 1].name
            let isReached = next.map { next in
                replies.contains { $0.contains(next) && !$0.contains(message.name ?? "") }
            }
            guard isReached != true else { continue }
            top.fail(
                "message \(index + 1) takes every frame, so that \(next.map { quoted($0) } ?? "the next one") is never "
                    + "reached; give it match" + (replies.isEmpty ? "" : ", or a poll that has only it in its reply"),
                at: "message")
        }
    }

    private func isAlwaysTaken(_ message: Message, _ profile: Profile) -> Bool {
        message.match.isEmpty && message.pattern == nil && !profile.isModbus
    }
}
