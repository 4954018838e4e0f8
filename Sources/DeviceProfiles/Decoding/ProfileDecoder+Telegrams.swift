import Records
import SerialIO

/// Telegrams that describe themselves.
extension ProfileDecoder {
    func decodeTelegram(_ result: TelegramResult, _ readings: inout Readings) {
        switch result {
        case .empty: readings.verdict = .skipped
        case .rejected(let reason): readings.verdict = .rejected(reason: reason)
        case .values(let values):
            // The first of several under one name counts.
            let places = Dictionary(zip(values.map(\.key), values.indices), uniquingKeysWith: { first, _ in first })
            for (index, message) in messages.enumerated() where message.matches(places) {
                readings.message = index
                return message.read(values, places, publishesOthers: profile.publishesOthers, into: &readings)
            }
            readings.verdict = .skipped
        }
    }
}

extension CompiledMessage {
    fileprivate func matches(_ places: [String: Int]) -> Bool {
        match.allSatisfy { if case .key(let key) = $0 { places[key] != nil } else { true } }
    }

    fileprivate func read(
        _ values: [TelegramValue], _ places: [String: Int], publishesOthers: Bool, into readings: inout Readings
    ) {
        var used: Set<String> = []
        for field in fields {
            guard field.pick >= 0, case .key(let key) = picks[Int(field.pick)] else {
                readings.add(.missing, field: field.field, element: 0)
                continue
            }
            used.insert(key)
            guard let place = places[key], let value = values[place].value else {
                readings.add(.missing, field: field.field, element: 0)
                continue
            }
            if let unit = values[place].unit { readings.telegramUnits[Int32(readings.entries.count)] = unit }
            read(value, field, into: &readings)
        }
        if hasDependencies { resolve(&readings) }
        guard publishesOthers else { return }
        for value in values where used.insert(value.key).inserted {
            guard let content = value.value else { continue }
            readings.others.append(Reading(name: value.key, value: content, unit: value.unit))
        }
    }

    private func read(_ value: Reading.Value, _ field: CompiledField, into readings: inout Readings) {
        switch value {
        case .text(let text): read(text: text, field, into: &readings)
        case .boolean(let flag): take(bit: flag, field, element: 0, into: &readings)
        case .number(let number):
            let isWhole = field.traits.isDisjoint(with: [.isElaborate, .hasMask, .isSingleBit])
            switch field.textType {
            case .text: take(text: value.text, field, element: 0, into: &readings)
            case .number where isWhole, .any where isWhole: take(number, field, element: 0, into: &readings)
            default: read(text: value.text, field, into: &readings)
            }
        }
    }
}
