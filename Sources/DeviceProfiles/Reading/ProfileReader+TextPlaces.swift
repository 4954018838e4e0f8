import SerialIO
import StrictTOML

/// Where a field stands in a text.
extension ProfileReader {
    /// A place in a text, or with no rule under a key of a telegram.
    func readTextPlace(_ table: TableReader, _ rule: TextRule?, _ message: Message) -> TextPlace? {
        guard let pick = readPick(table, rule, message) else {
            _ = readText(table, TextPlace(.column(0)), rule, message)
            return nil
        }
        return readText(table, TextPlace(pick), rule, message)
    }

    private func readText(_ table: TableReader, _ empty: TextPlace, _ rule: TextRule?, _ message: Message) -> TextPlace
    {
        var place = empty
        if let word = table.string("type") {
            let words = TextType.allCases.map(\.rawValue)
            if let type = TextType(rawValue: word) {
                place.type = type
            } else {
                table.fail("\(quoted(word)) is no type of text; there are \(quotedList(words))", at: "type")
            }
        }
        if let part = table.integers("part", each: [0...4096, 0...4096], example: "[0, 2]") {
            if part[0] < part[1] {
                place.part = part[0]..<part[1]
            } else {
                table.fail("the first character, then the one behind the last", at: "part")
            }
        }
        if let separator = table.string("separator") {
            table.require("index", example: "0")
            place.split = .init(separator: Array(separator.utf8), index: table.integer("index", in: 0...255) ?? 0)
        } else {
            table.refuse("index", "belongs to separator")
        }
        if let sign = table.table("negative_if") {
            sign.require("is", example: "[\"S\", \"W\"]")
            let texts = sign.scalars("is")?.map(\.description) ?? []
            if let pick = readPick(sign, rule, message) { place.negative = .init(pick: pick, texts: texts) }
            sign.finish()
        }
        place.letters = readLetters(table, rule, message)
        return place
    }

    private func readLetters(_ table: TableReader, _ rule: TextRule?, _ message: Message) -> TextPlace.UnitLetters? {
        guard let entries = table.table("letters") else {
            table.refuse("letter_at", "belongs to letters")
            return nil
        }
        var letters = TextPlace.UnitLetters(scales: [:])
        for letter in entries.keys {
            guard let numbers = entries.numbers(letter, atMost: 2, example: "[1.8, 32]: scale and offset") else {
                continue
            }
            if numbers[0] == 0 { entries.fail("a scale of 0 makes every value the same", at: letter) }
            letters.scales[letter] = .init(scale: numbers[0], offset: numbers.count > 1 ? numbers[1] : 0)
        }
        if let place = table.table("letter_at") {
            letters.pick = readPick(place, rule, message)
            place.finish()
        }
        return letters
    }

    private func readPick(_ table: TableReader, _ rule: TextRule?, _ message: Message) -> TextPlace.Pick? {
        switch rule {
        case .csv:
            refuse(["at", "size"], "columns are picked by column, or by the key in front of them", table)
            if let label = table.string("key") {
                return .labelled(label, offset: table.integer("column", in: -255...255) ?? 1)
            }
            if !table.has("key") { table.require("column", example: "2") }
            return table.integer("column", in: 0...4095).map { .column($0) }
        case .keyValue:
            refuse(["at", "size"], "pairs are picked by key", table)
            if let column = table.integer("column", in: 0...4095) {
                if table.has("key") { table.fail("give either key or column", at: "column") }
                return .column(column)
            }
            if !table.has("column") { table.require("key", example: "\"T\"") }
            return table.string("key").map { .key($0) }
        case .json, nil:
            refuse(["column", "at", "size"], "values are picked by key", table)
            table.require("key", example: "\"temperature\"")
            return table.string("key").map { .key($0) }
        case .pattern:
            refuse(["column", "at", "size"], "groups are picked by key", table)
            table.require("key", example: "\"weight\"")
            guard let key = table.string("key") else { return nil }
            if let groups = message.pattern?.groups, !groups.contains(key) {
                let hint = NearestKey.hint(key, in: groups) ?? ""
                table.fail("the pattern has no group \(quoted(key))\(hint)", at: "key")
            }
            return .key(key)
        case .characters:
            refuse(["column", "key"], "columns of characters are picked by at and size", table)
            table.require("at", example: "4")
            let size = table.integer("size", in: -1...4096)
            if size == nil || size == 0 { table.require("size", example: "8") }
            return table.integer("at", in: 0...65535).map { .characters(at: $0, size: size == -1 ? nil : size ?? 1) }
        }
    }
}
