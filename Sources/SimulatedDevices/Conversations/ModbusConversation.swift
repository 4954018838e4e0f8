import DeviceProfiles
import SerialIO

/// A Modbus slave: answers every read of functions 1 to 4, refuses what it does not have.
struct ModbusConversation: DeviceConversation {
    private let unit: UInt8
    private let isASCII: Bool
    private var tables: RegisterTables

    /// Refusals (Modbus Application Protocol V1.1b3, section 7).
    private static let illegalFunction: UInt8 = 1
    private static let illegalAddress: UInt8 = 2
    private static let illegalValue: UInt8 = 3

    init(_ profile: Profile) {
        unit = UInt8(clamping: profile.modbus?.unit ?? 1)
        isASCII = profile.framing.kind == .modbusASCII
        tables = RegisterTables(profile)
    }

    mutating func answer(to heard: [UInt8]) -> DeviceAnswer? {
        let found =
            isASCII
            ? ModbusTelegram.firstASCIIRequest(to: unit, in: heard)
            : ModbusTelegram.firstRTURequest(to: unit, in: heard)
        guard let (place, request) = found else { return nil }
        return DeviceAnswer(request: place, bytes: reply(to: request).bytes(isASCII: isASCII))
    }

    mutating func set(_ value: Double, of field: String) -> Bool { tables.set(value, of: field) }

    func readdressed(_ answer: [UInt8], to unit: UInt8) -> [UInt8] {
        guard var telegram = ModbusTelegram(answer) else { return answer }
        telegram.content[0] = unit
        return telegram.bytes(isASCII: isASCII)
    }

    func refusal(of request: [UInt8], code: UInt8) -> [UInt8]? {
        ModbusTelegram(request).map { refusal($0, code).bytes(isASCII: isASCII) }
    }

    private func reply(to request: ModbusTelegram) -> ModbusTelegram {
        guard let table = RegisterPlace.Table(rawValue: request.function) else {
            return refusal(request, Self.illegalFunction)
        }
        let count = Int(request.content[4]) << 8 | Int(request.content[5])
        guard (1...(table.isOfBits ? 2000 : 125)).contains(count) else { return refusal(request, Self.illegalValue) }
        guard let bytes = tables.bytes(table, from: request.first, count: count) else {
            return refusal(request, Self.illegalAddress)
        }
        return ModbusTelegram(content: [unit, request.function, UInt8(bytes.count)] + bytes)
    }

    private func refusal(_ request: ModbusTelegram, _ code: UInt8) -> ModbusTelegram {
        ModbusTelegram(content: [unit, request.function | 0x80, code])
    }
}
