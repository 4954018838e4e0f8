/// One message made ready. A class, so that a frame's way through it counts one reference and not a dozen.
final class CompiledMessage: Sendable {
    let name: String?
    let match: [MessageMatch]
    let pattern: TextPattern?
    let fields: [CompiledField]
    let words: [FieldWords]
    let labels: [FieldLabel]
    /// What is picked of a text, each once; fields name them by their index.
    let picks: [TextPlace.Pick]
    /// The keys of ``picks`` in bytes; empty for picks that are no keys.
    let keys: [[UInt8]]
    /// Columns that are needed: one more than the highest.
    let columnCount: Int
    /// Whether values depend on each other, so that there is a second pass.
    let hasDependencies: Bool
    let hasMovableFields: Bool
    let deviceField: Int32

    init(_ message: Message, deviceField: String?) {
        name = message.name
        match = message.match
        pattern = message.pattern
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
        let columns = picks.map { if case .column(let column) = $0 { column + 1 } else { 0 } }
        let matched = message.match.map { match in
            switch match {
            case .column(let column, _), .columnEnd(let column, _): column + 1
            default: 0
            }
        }
        columnCount = (columns + matched).max() ?? 0
        hasDependencies = fields.contains { $0.traits.contains(.hasCondition) || $0.kind == .composed }
        hasMovableFields = fields.contains { $0.traits.contains(.isMovable) }
        self.deviceField = index(of: deviceField)
    }
}
