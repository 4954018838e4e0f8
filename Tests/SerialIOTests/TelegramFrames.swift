import AgentTestKit
import Records
import SerialIO

/// The golden frames of telegrams that describe themselves, and what must come out of their framing.
struct TelegramFrame: Sendable, CustomStringConvertible {
    let id: String
    let telegram: FramingRule.Telegram
    let line: [UInt8]
    /// Worked out another way than the framer's.
    let content: [UInt8]

    var rule: FramingRule { FramingRule(.telegram(telegram)) }
    var description: String { id }

    /// All of them.
    static let all: [TelegramFrame] = (GoldenVectors.shared?.vectors ?? []).compactMap { vector in
        telegrams[vector.decoder].map {
            TelegramFrame(
                id: vector.id, telegram: $0, line: vector.frame, content: content(of: vector.frame, telegram: $0))
        }
    }

    static let telegrams: [String: FramingRule.Telegram] = [
        "dsmr": .dsmrP1, "d0_readout": .iec62056, "teleinfo": .teleinfo, "vedirect_text": .vedirectText, "sml": .sml,
        "mbus": .mbus, "hdlc_han": .dlmsHDLC, "sdi12_crc": .sdi12, "vbus": .vbus, "enocean": .esp3,
        "pylontech_rs485": .pylontech,
    ]

    /// Framers of the streams.
    static let framers: [String: FramingRule.Telegram] = [
        "dsmr": .dsmrP1, "sml": .sml, "vedirect": .vedirectText, "mbus": .mbus,
    ]

    private static func content(of frame: [UInt8], telegram: FramingRule.Telegram) -> [UInt8] {
        switch telegram {
        case .dsmrP1: return Array(frame.prefix { $0 != 0x21 }) + [0x21]
        case .iec62056: return frame[0] == 2 ? frame.dropLast(2) : Array(frame.prefix { $0 != 0x21 }) + [0x21]
        case .sml: return Array(frame.dropFirst(8).dropLast(8 + Int(frame[frame.count - 3])))
        case .dlmsHDLC: return Array(frame.dropFirst(8 + (frame[4] & 1 == 0 ? 1 : 0) + 3).dropLast(3))
        case .sdi12: return Array(frame.dropLast(5))
        case .vbus:
            return stride(from: 10, to: frame.count, by: 6).reduce(into: Array(frame[..<10])) { content, start in
                for index in 0..<4 {
                    content.append(frame[start + index] + (Int(frame[start + 4]) & 1 << index == 0 ? 0 : 128))
                }
            }
        case .pylontech:
            return [UInt8](hexadecimal: String(decoding: frame.dropFirst().dropLast(), as: UTF8.self)) ?? []
        default: return frame
        }
    }
}
