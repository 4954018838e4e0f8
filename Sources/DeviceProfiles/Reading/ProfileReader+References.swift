import Records
import StrictTOML

/// What fields say of each other.
extension ProfileReader {
    /// What a field says of others must be so: a condition, factors, a composition, an array in front of it.
    func checkReferences(of field: Field, among fields: [Field], _ table: TableReader) {
        if let condition = field.condition, let other = find(condition.field, for: field, fields, table, "valid_if"),
            let names = unknownNames(condition, of: other)
        {
            table.fail(
                "\(quotedList(names)) is none of the values of \(quoted(condition.field)): "
                    + quotedList(other.names.map { $0.value.text }), at: "valid_if")
        }
        let numbers = field.factors.map { ($0.field, "scale_by") } + field.addends.map { ($0, "offset_by") }
        for (name, key) in numbers {
            if let other = find(name, for: field, fields, table, key) { checkNumber(other, table, key) }
        }
        if case .composed(let pieces) = field.place {
            for case .field(let name, _) in pieces { _ = find(name, for: field, fields, table, "compose") }
        }
        if case .bytes(let place) = field.place, let after = place.after,
            let other = find(after, for: nil, fields, table, "after"), other.repetition == nil
        {
            table.fail("the field \(quoted(after)) is no array", at: "after")
        }
        if case .field(let name, _, _)? = field.repetition?.count, !name.isEmpty {
            checkCount(name, of: field, fields, table)
        }
        if let circle = circle(from: field, among: fields) {
            table.fail("its value would be made of itself: \(circle.map { quoted($0) }.joined(separator: ", then "))")
        }
    }

    /// A field by its name. Elements of an array refer to those of another with the same number; what is no array
    /// cannot refer to one.
    private func find(
        _ name: String, for field: Field?, _ fields: [Field], _ table: TableReader, _ key: String
    ) -> Field? {
        guard let other = fields.first(where: { $0.name == name }) else {
            let hint = NearestKey.hint(name, in: fields.map(\.name)) ?? ""
            table.fail("the message has no field \(quoted(name))\(hint)", at: key)
            return nil
        }
        if let field, field.repetition == nil, other.repetition != nil {
            table.fail("the field \(quoted(name)) is an array", at: key)
        }
        return other
    }

    /// What multiplies or is added must be a number.
    private func checkNumber(_ field: Field, _ table: TableReader, _ key: String) {
        let name = quoted(field.name)
        if !field.names.isEmpty {
            let words = field.names.filter { !$0.value.isNumber }.map(\.value.text)
            if !words.isEmpty { table.fail("values of \(name) are no numbers: \(quotedList(words))", at: key) }
        } else if field.isBoolean {
            table.fail("\(name) is true or false; give it values, such as { 0 = 1, 1 = -1 }", at: key)
        } else if field.place.isText {
            table.fail("\(name) is a text", at: key)
        }
    }

    private func checkCount(_ name: String, of field: Field, _ fields: [Field], _ table: TableReader) {
        guard let other = find(name, for: nil, fields, table, "count") else { return }
        checkNumber(other, table, "count")
        let isAbove = fields.prefix { $0.name != field.name }.contains { $0.name == name }
        if !isAbove { table.fail("the field \(quoted(name)) must stand above the array", at: "count") }
        if other.repetition != nil { table.fail("the field \(quoted(name)) is an array", at: "count") }
        if other.isDerived || other.condition != nil {
            table.fail("the field \(quoted(name)) must not depend on others", at: "count")
        }
    }

    /// Names from a field back to itself; nil where there is no such way.
    private func circle(from field: Field, among fields: [Field]) -> [String]? {
        var seen: Set<String> = []
        func way(from name: String) -> [String]? {
            guard let other = fields.first(where: { $0.name == name }) else { return nil }
            for next in other.referencedNames {
                if next == field.name { return [name, next] }
                guard seen.insert(next).inserted else { continue }
                if let rest = way(from: next) { return [name] + rest }
            }
            return nil
        }
        return way(from: field.name)
    }

    /// Values of a condition that its field, whose values have names, cannot have.
    private func unknownNames(_ condition: FieldCondition, of field: Field) -> [String]? {
        guard !field.names.isEmpty else { return nil }
        let unknown = (condition.allowed + condition.refused).filter { raw in
            raw != .text("") && !field.names.contains { raw.matches($0.value) }
        }
        return unknown.isEmpty ? nil : unknown.map(\.text)
    }

    /// Registers that fields need of each other must come in one reply.
    func checkRequests(_ profile: Profile, _ top: TableReader) {
        guard let rule = profile.modbus else { return }
        let fields = profile.messages.flatMap(\.fields)
        let requests = ModbusPlan(fields, rule: rule).requests
        func requestsNeeded(_ field: Field) -> Set<Int> {
            guard case .register(let place) = field.place else { return [] }
            return Set(
                field.registerRanges.compactMap { range in
                    requests.firstIndex {
                        $0.table == place.table && $0.range.lowerBound <= range.lowerBound
                            && range.upperBound <= $0.range.upperBound
                    }
                })
        }
        for field in fields {
            let needed = [field] + field.referencedNames.compactMap { name in fields.first { $0.name == name } }
            for other in needed.dropFirst() where Set(needed.flatMap(requestsNeeded)).count > 1 {
                top.fail(
                    "\(quoted(field.name)) needs \(quoted(other.name)), which is read by another request; set bridge "
                        + "in [modbus] so high that one request reads both", at: "modbus")
                return
            }
        }
    }
}

extension Field {
    /// Names of the fields without which it has no value.
    var referencedNames: [String] {
        var names = factors.map(\.field) + addends
        if let condition { names.append(condition.field) }
        if case .composed(let pieces) = place {
            for case .field(let name, _) in pieces { names.append(name) }
        }
        if case .field(let name, _, _)? = repetition?.count { names.append(name) }
        return names
    }

    /// Whether its raw values are true and false.
    var isBoolean: Bool {
        if case .one? = bits { return true }
        if case .register(let place) = place { return place.table.isOfBits }
        return false
    }
}

extension Reading.Value {
    fileprivate var isNumber: Bool { if case .number = self { true } else { false } }
}
