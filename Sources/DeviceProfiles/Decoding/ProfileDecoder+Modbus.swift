import Records

/// Replies of Modbus devices.
extension ProfileDecoder {
    /// Reads the fields that are wholly in the range that was asked for.
    func decodeRegisters(_ content: Span<UInt8>, _ request: [UInt8]?, _ readings: inout Readings) {
        guard content.count >= 2 else { return reject("it has no function", &readings) }
        let function = content[1]
        if function & 0x80 != 0 {
            guard content.count >= 3 else { return reject("an exception has no code", &readings) }
            return reject(ModbusException.description(of: content[2]), &readings)
        }
        guard let table = RegisterPlace.Table(rawValue: function), content.count >= 3 else {
            readings.verdict = .skipped
            return
        }
        let said = Int(content[2])
        guard let range = askedRange(request, unit: content[0], table, byteCount: said) else {
            readings.verdict = .skipped
            return
        }
        let wanted = table.isOfBits ? (range.count + 7) / 8 : range.count * 2
        let trusts = profile.modbus?.takesByteCountFromRequest != true
        guard !trusts || said == wanted else {
            return reject("it has \(said) bytes where \(wanted) were asked for", &readings)
        }
        guard content.count >= 3 + wanted else {
            return reject("it has \(content.count - 3) bytes where \(wanted) were asked for", &readings)
        }
        readings.message = 0
        messages[0].readRegisters(content.extracting(3..<3 + wanted), table, range, into: &readings)
    }

    private func reject(_ reason: String, _ readings: inout Readings) {
        readings.verdict = .rejected(reason: reason)
    }

    /// Registers or bits that were asked for: by the request, or where it is not known by the first request of the
    /// plan that such a reply answers. Nil where it answers none.
    private func askedRange(
        _ request: [UInt8]?, unit: UInt8, _ table: RegisterPlace.Table, byteCount: Int
    ) -> Range<Int>? {
        guard let request else {
            let trusts = profile.modbus?.takesByteCountFromRequest != true
            return plan?.requests.first { $0.table == table && (!trusts || $0.byteCount == byteCount) }?.range
        }
        guard let asked = ModbusRequest(bytes: request), asked.table == table else { return nil }
        // Some sensors answer to FE, the address of any, with their own.
        return asked.unit == unit || asked.unit == 0xFE || unit == 0xFE ? asked.range : nil
    }
}

extension CompiledMessage {
    /// Reads the fields that are wholly in a range of registers or bits.
    func readRegisters(
        _ bytes: Span<UInt8>, _ table: RegisterPlace.Table, _ range: Range<Int>, into readings: inout Readings
    ) {
        let list = self.fields
        let fields = list.span
        for index in fields.indices where fields[index].table == table.rawValue {
            guard fields[index].traits.contains(.isMovable) else {
                readRegister(fields[index], bytes, table, range, element: 0, into: &readings)
                continue
            }
            let words = words[index]
            guard case .register(let place) = words.field.place, let repetition = words.field.repetition else {
                continue
            }
            var field = fields[index]
            for element in 0..<elementCount(repetition, words.countField, readings) {
                field.pick = Int32(place.address + element * (repetition.stride ?? place.count))
                readRegister(field, bytes, table, range, element: Int32(element + 1), into: &readings)
            }
        }
        for index in fields.indices where fields[index].kind == .composed && !readings.entries.isEmpty {
            readings.add(.missing, field: Int32(index), element: 0)
        }
        if hasDependencies { resolve(&readings) }
    }

    private func elementCount(_ repetition: Repetition, _ countField: Int32, _ readings: Readings) -> Int {
        switch repetition.count {
        case .fixed(let number): number
        case .counted: 0
        case .field(_, let divisor, let max): count(countField, divisor, max, readings) ?? 0
        }
    }

    /// One value, where it is wholly in the range.
    private func readRegister(
        _ field: CompiledField, _ bytes: Span<UInt8>, _ table: RegisterPlace.Table, _ range: Range<Int>,
        element: Int32, into readings: inout Readings
    ) {
        let first = Int(field.pick)
        let count = table.isOfBits ? 1 : (Int(field.size) + 1) / 2
        guard first >= range.lowerBound, first + count <= range.upperBound else { return }
        let offset = first - range.lowerBound
        if table.isOfBits {
            let bit = bytes[offset / 8] >> UInt8(offset % 8) & 1
            take(bit: bit == 1, field, element: element, into: &readings)
        } else {
            read(field, bytes, at: offset * 2 + Int(field.at), element: element, into: &readings)
        }
    }
}
