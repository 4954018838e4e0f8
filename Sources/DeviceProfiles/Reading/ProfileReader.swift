import Records
import SerialIO
import StrictTOML

/// Reads a profile in one pass. What is wrong goes to the report; the result counts only if that stays empty.
struct ProfileReader {
    /// What fields pick from.
    enum Addressing: Equatable {
        case bytes
        case text(TextRule)
        /// Keys of a telegram that describes itself.
        case keys
        case registers
    }

    let report: ConfigurationReport
    let document: TOMLDocument
    let name: String
    /// Set once the framing and `[text]` are read, before any field is.
    var addressing = Addressing.bytes
    /// Whether `[text]` says that a comma is a decimal point.
    var hasDecimalComma = false
    /// The checksum of `[checksum]`, which is also the default of requests.
    var checksum: ChecksumRule?
    /// What a variant changes.
    var linkChanges: TableReader?
    var fieldChanges: [String: TableReader] = [:]

    init(_ document: TOMLDocument, name: String, report: ConfigurationReport) {
        self.document = document
        self.name = name
        self.report = report
    }

    /// Reads the profile, then each variant as a profile of its own.
    func read() -> Profile {
        let top = TableReader(document, report: report)
        report.topKeys = ["title", "models", "source", "lookalikes", "notes", "device", "others", "warm_up", "fields"]
        if !Profile.isName(name) {
            top.fail("the file's name is the profile's: lower-case letters, digits and \"-\", then .toml")
        }
        var base = self
        var profile = base.readProfile(top)
        let variants = readVariants(top, names: Set(profile.messages.flatMap(\.fields).map(\.name)))
        profile.variants = variants
        profile.samples = base.readSamples(top, profile: profile)
        top.finish()
        return profile
    }

    private func readVariants(_ top: TableReader, names: Set<String>) -> [Profile] {
        top.namedTables("variants", example: "x100").map { named in
            if !Profile.isName(named.name) {
                named.reader.fail("\(quoted(named.name)) is no name; it has lower-case letters, digits and \"-\"")
            }
            var reader = self
            reader.linkChanges = named.reader.table("link")
            for field in named.reader.namedTables("fields", example: "temperature") {
                if !names.contains(field.name) {
                    let hint = NearestKey.hint(field.name, in: names) ?? ""
                    field.reader.fail("there is no field \(quoted(field.name))\(hint)")
                }
                reader.fieldChanges[field.name] = field.reader
            }
            named.reader.require("title", example: "\"firmware that counts in hundredths\"")
            let title = named.reader.string("title")
            var profile = reader.readProfile(TableReader(document, report: report))
            profile.name = "\(name)/\(named.name)"
            if let title { profile.title += ", " + title }
            named.reader.finish()
            return profile
        }
    }

    /// Everything but variants and samples.
    private mutating func readProfile(_ top: TableReader) -> Profile {
        readFormat(top)
        top.require("title", example: "\"Plantower PMS5003 particle sensor\"")
        top.require("source", example: "\"data sheet V2.5, section 4\"")
        let framing = readFraming(top)
        var profile = Profile(name: name, title: top.string("title") ?? "", framing: framing.rule)
        profile.subtraction = framing.subtraction
        profile.source = top.string("source") ?? ""
        profile.models = top.strings("models") ?? []
        profile.lookalikes = top.strings("lookalikes") ?? []
        profile.notes = top.string("notes", allowsEmpty: true) ?? ""
        profile.deviceField = top.string("device")
        profile.publishesOthers = readOthers(top)
        profile.warmUp = top.duration("warm_up", in: .zero...(.seconds(3600))) ?? .zero
        profile.link = readLink(top.tableOrEmpty("link"))
        if case .text(let rule) = addressing { profile.text = rule }
        profile.hasDecimalComma = hasDecimalComma
        readSessions(top, into: &profile)
        profile.messages = readMessages(top, profile: profile)
        profile.rate = readRate(top)
        profile.collection = readCollection(top, messages: profile.messages)
        profile.parameters = readParameters(top)
        readConversations(top, into: &profile)
        checkFields(profile, top)
        return profile
    }

    private func readFormat(_ top: TableReader) {
        top.require("format", example: "1")
        _ = top.integer("format", in: 1...1)
    }

    private func readOthers(_ top: TableReader) -> Bool {
        guard let others = top.boolean("others") else { return false }
        if others, !hasNames {
            top.fail(
                "is for telegrams that describe themselves, JSON and key-value; here values have no names", at: "others"
            )
        }
        return others
    }

    /// Whether values stand under names.
    private var hasNames: Bool {
        switch addressing {
        case .keys, .text(.json), .text(.keyValue): true
        case .bytes, .registers, .text: false
        }
    }

    /// Bytes in hexadecimal, of which some may be `??`. Nil where the key is absent or wrong.
    func pattern(_ table: TableReader, _ key: String) -> BytePattern? {
        guard let text = table.string(key) else { return nil }
        guard let pattern = BytePattern(hexadecimal: text) else {
            table.fail("\(quoted(text)) is not bytes in hexadecimal, such as \"42 4D ??\"", at: key)
            return nil
        }
        return pattern
    }

    /// Bytes in hexadecimal. Nil where the key is absent or wrong.
    func bytes(_ table: TableReader, _ key: String) -> [UInt8]? {
        guard let pattern = pattern(table, key) else { return nil }
        guard !pattern.bytes.contains(nil) else {
            table.fail("each byte must be given; \"??\" stands for none here", at: key)
            return nil
        }
        return pattern.bytes.compactMap { $0 }
    }

    /// One byte in hexadecimal. Nil where the key is absent or wrong.
    func byte(_ table: TableReader, _ key: String) -> UInt8? {
        guard let bytes = bytes(table, key) else { return nil }
        guard bytes.count == 1 else {
            table.fail("must be one byte, such as \"7E\"", at: key)
            return nil
        }
        return bytes[0]
    }
}

extension RawValue {
    init(_ scalar: TableReader.Scalar) {
        switch scalar {
        case .string(let text): self = .text(text)
        case .integer(let number): self = .integer(number)
        case .number(let number): self = .number(number)
        case .boolean(let flag): self = .boolean(flag)
        }
    }
}
