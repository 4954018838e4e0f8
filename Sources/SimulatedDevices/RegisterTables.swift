import DeviceProfiles

/// The registers and bits of a Modbus device: those that its profile reads, and no others.
struct RegisterTables: Sendable {
    private var words: [RegisterPlace.Table: [Int: UInt16]] = [:]
    private let fields: [Field]

    /// Zeros, but for what the samples of the profile say.
    init(_ profile: Profile) {
        fields = profile.messages.flatMap(\.fields)
        if let plan = ProfileDecoder(profile).plan {
            for request in plan.requests {
                for address in request.range { words[request.table, default: [:]][address] = 0 }
            }
        }
        for sample in profile.samples where !sample.isRejected && sample.variant == profile.variantName {
            take(sample)
        }
    }

    /// The bytes of a reply; nil where an address is not the device's.
    func bytes(_ table: RegisterPlace.Table, from first: Int, count: Int) -> [UInt8]? {
        let present = words[table] ?? [:]
        var values: [UInt16] = []
        for address in first..<first + count {
            guard let value = present[address] else { return nil }
            values.append(value)
        }
        guard table.isOfBits else { return values.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } }
        var bytes = [UInt8](repeating: 0, count: (count + 7) / 8)
        for (index, value) in values.enumerated() where value != 0 { bytes[index / 8] |= 1 << UInt8(index % 8) }
        return bytes
    }

    /// Puts a value where its field stands. False where it does not fit, or the field is no number.
    mutating func set(_ value: Double, of name: String) -> Bool {
        guard let field = fields.first(where: { $0.name == name }), case .register(let place) = field.place else {
            return false
        }
        guard let type = place.type else {
            words[place.table]?[place.address] = value == 0 ? 0 : 1
            return true
        }
        let size = place.half == nil ? place.size : 1
        guard field.bits == nil, field.repetition == nil, !field.isDerived,
            var bytes = ValueEncoding.bytes((value - field.offset) / field.scale, as: type, size: size)
        else { return false }
        if let half = place.half {
            let other = words[place.table]?[place.address] ?? 0
            bytes = half == .high ? [bytes[0], UInt8(other & 0xFF)] : [UInt8(other >> 8), bytes[0]]
        }
        guard bytes.count.isMultiple(of: 2) else { return false }
        for index in stride(from: 0, to: bytes.count, by: 2) {
            words[place.table]?[place.address + index / 2] = UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1])
        }
        return true
    }

    /// What a reply to a request tells of the registers.
    private mutating func take(_ sample: Sample) {
        guard let request = sample.request.flatMap(ModbusTelegram.init), let reply = ModbusTelegram(sample.bytes),
            let table = RegisterPlace.Table(rawValue: request.function), reply.function == request.function,
            request.content.count == 6
        else { return }
        let count = Int(request.content[4]) << 8 | Int(request.content[5])
        let first = request.first
        let values = reply.content.dropFirst(3)
        for index in 0..<count {
            if table.isOfBits {
                guard index / 8 < values.count else { return }
                words[table, default: [:]][first + index] =
                    UInt16(values[values.startIndex + index / 8] >> UInt8(index % 8) & 1)
            } else {
                guard index * 2 + 1 < values.count else { return }
                let place = values.startIndex + index * 2
                words[table, default: [:]][first + index] = UInt16(values[place]) << 8 | UInt16(values[place + 1])
            }
        }
    }
}
