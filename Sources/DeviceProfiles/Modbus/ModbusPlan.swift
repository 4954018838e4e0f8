import SerialIO

/// What a Modbus device is asked so that all its fields are known: neighbouring registers in one request.
public struct ModbusPlan: Hashable, Sendable {
    /// The requests, without addresses of devices, in the order of the tables and registers.
    public let requests: [Request]

    /// One request.
    public struct Request: Hashable, Sendable {
        /// What is read.
        public var table: RegisterPlace.Table
        /// Registers or bits, from 0.
        public var range: Range<Int>

        /// Bytes of registers or bits in the reply.
        public var byteCount: Int { table.isOfBits ? (range.count + 7) / 8 : range.count * 2 }
    }

    /// Most bits that one request may ask for (MODBUS Application Protocol V1.1b3, 6.1).
    static let bitsMax = 2000

    /// The plan for fields that stand in registers; others are passed over.
    public init(_ fields: [Field], rule: ModbusRule) {
        var requests: [Request] = []
        for table in RegisterPlace.Table.allCases {
            let places = fields.flatMap { field -> [Range<Int>] in
                guard case .register(let place) = field.place, place.table == table else { return [] }
                return field.registerRanges
            }
            let most = table.isOfBits ? Self.bitsMax : rule.registersMax
            requests += Self.joined(places, rule: rule, most: most).map { Request(table: table, range: $0) }
        }
        self.requests = requests
    }

    private static func joined(_ places: [Range<Int>], rule: ModbusRule, most: Int) -> [Range<Int>] {
        let sorted = places.sorted { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }
        var ranges: [Range<Int>] = []
        for place in sorted {
            guard let last = ranges.last else {
                ranges.append(place)
                continue
            }
            if last.lowerBound <= place.lowerBound, place.upperBound <= last.upperBound {
                // Two fields of one register need one request, also where none are joined.
                if !rule.usesOneRequestPerField || last == place { continue }
            }
            let end = max(last.upperBound, place.upperBound)
            let isNear = place.lowerBound <= last.upperBound + rule.bridge
            if isNear, !rule.usesOneRequestPerField, end - last.lowerBound <= most {
                ranges[ranges.count - 1] = last.lowerBound..<end
            } else {
                ranges.append(place)
            }
        }
        return ranges
    }
}

extension Field {
    /// The registers or coils of each element; of the field itself where it is no array. Empty for other places.
    var registerRanges: [Range<Int>] {
        guard case .register(let place) = place else { return [] }
        let stride = repetition?.stride ?? place.count
        return (0..<(repetition?.countMax ?? 1)).map { element in
            let first = place.address + element * stride
            return first..<first + place.count
        }
    }
}

extension Repetition {
    /// The most elements that are asked for of a Modbus device.
    var countMax: Int {
        switch count {
        case .fixed(let number): number
        case .counted: 0
        case .field(_, _, let max): max
        }
    }
}

extension ModbusPlan.Request {
    /// Unit, function, first and number: what Modbus RTU and ASCII have in common.
    public func content(unit: UInt8) -> [UInt8] {
        let (first, count) = (range.lowerBound, range.count)
        return [
            unit, table.rawValue, UInt8(first >> 8), UInt8(first & 0xFF), UInt8(count >> 8), UInt8(count & 0xFF),
        ]
    }

    private static let checksum = Checksum(ChecksumRule(.crc(.modbus), encoding: .le))

    /// The request as Modbus RTU sends it, with its CRC.
    public func rtuBytes(unit: UInt8) -> [UInt8] {
        let content = content(unit: unit)
        return content + Self.checksum.bytes(of: content)
    }

    /// The request as Modbus ASCII sends it, with its LRC and line end.
    public func asciiBytes(unit: UInt8) -> [UInt8] {
        let content = content(unit: unit)
        let sum = content.reduce(UInt8(0)) { $0 &+ $1 }
        let digits = HexadecimalText.write((content + [0 &- sum]).span, isBackwards: false)
        return Array(":\(digits)\r\n".utf8)
    }
}

/// A request to read, as it was sent.
struct ModbusRequest: Equatable {
    var unit: UInt8
    var table: RegisterPlace.Table
    var range: Range<Int>

    /// Reads a request of Modbus RTU, or of Modbus ASCII, which begins with a colon. Nil where it reads nothing.
    init?(bytes: [UInt8]) {
        var content = bytes
        if bytes.first == 0x3A {
            let digits = bytes.dropFirst().prefix { HexadecimalText.digit($0) != nil }
            content = stride(from: 0, to: digits.count - 1, by: 2).map { offset in
                let index = digits.startIndex + offset
                return (HexadecimalText.digit(digits[index]) ?? 0) << 4
                    | (HexadecimalText.digit(digits[index + 1]) ?? 0)
            }
        }
        guard content.count >= 6, let table = RegisterPlace.Table(rawValue: content[1]) else { return nil }
        unit = content[0]
        self.table = table
        let first = Int(content[2]) << 8 | Int(content[3])
        range = first..<first + (Int(content[4]) << 8 | Int(content[5]))
    }
}

/// What a device says instead of an answer (MODBUS Application Protocol V1.1b3, section 7).
enum ModbusException {
    /// `exception 2: illegal data address`
    static func description(of code: UInt8) -> String {
        let names: [UInt8: String] = [
            1: "illegal function", 2: "illegal data address", 3: "illegal data value", 4: "server device failure",
            5: "acknowledge", 6: "server device busy", 7: "negative acknowledge", 8: "memory parity error",
            10: "gateway path unavailable", 11: "gateway target device failed to respond",
        ]
        return "exception \(code)" + (names[code].map { ": \($0)" } ?? "")
    }
}
