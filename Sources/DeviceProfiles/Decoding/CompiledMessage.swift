/// One message made ready. A class, so that a frame's way through it counts one reference and not a dozen.
final class CompiledMessage: Sendable {
    let name: String?
    let match: [MessageMatch]
    let pattern: TextPattern?
    let records: RecordRule?
    let fields: [CompiledField]
    let words: [FieldWords]
    let labels: [FieldLabel]
    /// What is picked of a text, each once; fields name them by their index.
    let picks: [TextPlace.Pick]
    /// The keys of ``picks`` in bytes; empty for picks that are no keys.
    let keys: [[UInt8]]
    /// Columns that are needed: one more than the highest.
    let columnCount: Int
    /// Whether a comma in a number is a decimal point.
    let hasDecimalComma: Bool
    /// The fields whose values depend on those of others, each behind those; there is a second pass for them.
    let resolutionOrder: [Int32]
    var hasDependencies: Bool { !resolutionOrder.isEmpty }
    let hasMovableFields: Bool
    /// For each field the next of the same name, which counts where it has no value; -1 where there is none.
    let alternatives: [Int32]
    let hasAlternatives: Bool

    init(_ message: Message, hasDecimalComma: Bool = false) {
        self.hasDecimalComma = hasDecimalComma
        name = message.name
        match = message.match
        pattern = message.pattern
        records = message.records
        var picks: [TextPlace.Pick] = []
        func index(of pick: TextPlace.Pick?) -> Int32 {
            guard let pick else { return -1 }
            if let known = picks.firstIndex(of: pick) { return Int32(known) }
            picks.append(pick)
            return Int32(picks.count - 1)
        }
        func index(of name: String?) -> Int32 {
            name.flatMap { name in message.fields.firstIndex { $0.name == name } }.map { Int32($0) } ?? -1
        }
        var fields: [CompiledField] = []
        var words: [FieldWords] = []
        for (number, field) in message.fields.enumerated() {
            var compiled = CompiledField(field, index: number)
            var word = FieldWords(field)
            word.conditionField = index(of: field.condition?.field)
            word.factorFields = field.factors.map { index(of: $0.field) }
            word.addendFields = field.addends.map { index(of: $0) }
            if case .field(let name, _, _)? = field.repetition?.count { word.countField = index(of: name) }
            switch field.place {
            case .text(let place):
                compiled.pick = index(of: place.pick)
                word.negativePick = index(of: place.negative?.pick)
                word.letterPick = index(of: place.letters?.pick)
            case .bytes(let place): word.afterField = index(of: place.after)
            case .composed(let pieces):
                word.composedFields = pieces.compactMap {
                    if case .field(let name, _) = $0 { index(of: name) } else { nil }
                }
            case .register: break
            }
            fields.append(compiled)
            words.append(word)
        }
        for case .key(let key) in message.match { _ = index(of: .key(key)) }
        self.fields = fields
        self.words = words
        labels = message.fields.map { FieldLabel($0) }
        self.picks = picks
        keys = picks.map { if case .key(let key) = $0 { Array(key.utf8) } else { [] } }
        columnCount = Self.columnCount(picks, message.match)
        let names = message.fields.map(\.name)
        alternatives = names.indices.map { index in
            names[(index + 1)...].firstIndex(of: names[index]).map { Int32($0) } ?? -1
        }
        hasAlternatives = alternatives.contains { $0 >= 0 }
        resolutionOrder = Self.resolutionOrder(fields, words, alternatives)
        hasMovableFields = fields.contains { $0.traits.contains(.isMovable) }
    }

    /// Columns that are needed: one more than the highest; all for those that are found by a label.
    private static func columnCount(_ picks: [TextPlace.Pick], _ match: [MessageMatch]) -> Int {
        let columns = picks.map { pick in
            switch pick {
            case .column(let column): column + 1
            case .labelled: Int.max
            case .key, .characters: 0
            }
        }
        let matched = match.map { match in
            switch match {
            case .column(let column, _), .columnEnd(let column, _): column + 1
            // One more shows that there are more.
            case .columns(let count): count + 1
            default: 0
            }
        }
        return (columns + matched).max() ?? 0
    }
}
