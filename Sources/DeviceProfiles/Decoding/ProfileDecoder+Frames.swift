import Records

/// What is published of a frame.
extension ProfileDecoder {
    /// Makes readings of what the buffer holds.
    ///
    /// - Parameter inPrimaryUnits: whether they are as ``Records/Reading/inPrimaryUnit`` makes them, and not in the
    ///   profile's units.
    public func frame(from readings: Readings, inPrimaryUnits: Bool = false) -> DecodedFrame {
        var frame = DecodedFrame()
        frame.verdict = readings.verdict
        guard readings.message >= 0 else { return frame }
        let message = messages[readings.message]
        frame.message = profile.isModbus ? messageName(of: readings) : message.name
        frame.readings.reserveCapacity(readings.entries.count + readings.others.count)
        let list = message.labels
        let labels = list.span
        for index in readings.entries.indices {
            let entry = readings.entries[index]
            let place = Int(entry.field)
            if frame.device == nil, labels[place].isDevice(profile) { frame.device = readings.value(entry)?.text }
            guard labels[place].isPublished else { continue }
            let name = labels[place].name(element: entry.element)
            if entry.state == .number {
                let own = labels[place].takesTelegramUnit ? readings.telegramUnits[Int32(index)] : nil
                frame.readings.append(
                    labels[place].reading(name, entry.number, own, inPrimaryUnit: inPrimaryUnits))
            } else if let value = readings.value(entry) {
                frame.readings.append(Reading(name: name, value: value))
            } else if let reason = entry.state.reason {
                frame.withheld.append(WithheldReading(name: name, reason: reason))
            }
        }
        if message.hasAlternatives { frame.keepFirstOfEachName() }
        frame.readings += inPrimaryUnits ? readings.others.map(\.inPrimaryUnit) : readings.others
        if frame.device == nil, let name = profile.deviceField {
            frame.device = readings.others.first { $0.name == name }?.value.text
        }
        return frame
    }

    /// The message of the first register that was read.
    private func messageName(of readings: Readings) -> String? {
        guard profile.messages.count > 1, let first = readings.entries.first else {
            return profile.messages.first?.name
        }
        var index = Int(first.field)
        for message in profile.messages {
            if index < message.fields.count { return message.name }
            index -= message.fields.count
        }
        return nil
    }
}

extension DecodedFrame {
    /// Of several fields of one name the first that has a value counts; the others were not meant.
    fileprivate mutating func keepFirstOfEachName() {
        var published: Set<String> = []
        readings = readings.filter { published.insert($0.name).inserted }
        withheld = withheld.filter { published.insert($0.name).inserted }
    }
}

extension Subtraction {
    /// The bytes with the constant taken away.
    func applied(to content: Span<UInt8>) -> [UInt8] {
        var bytes = content.withUnsafeBufferPointer { Array($0) }
        let end = min(bytes.count, to > 0 ? to : bytes.count + to)
        var index = from
        while index < end {
            bytes[index] &-= value
            index += 1
        }
        return bytes
    }
}

/// What a field's values are published under.
struct FieldLabel: Sendable {
    let isPublished: Bool
    /// Whether the unit is what the telegram says, where it says one.
    let takesTelegramUnit: Bool
    private let name: String
    private let unit: String?
    /// How values become such of the primary unit; nil where they stay as they are.
    private let conversion: SenMLUnit?

    init(_ field: Field) {
        name = field.name
        isPublished = field.isPublished
        takesTelegramUnit = field.unit == nil && field.scale == 1
        unit = field.unit
        conversion = field.unit.flatMap { SenMLUnit($0) }.flatMap { $0.primary == $0.symbol ? nil : $0 }
    }

    /// Whether the value tells several devices behind one port apart.
    func isDevice(_ profile: Profile) -> Bool { profile.deviceField == name }

    func name(element: Int32) -> String {
        element == 0 ? name : name.replacing("{n}", with: String(element))
    }

    /// Only numbers have a unit.
    func reading(_ name: String, _ number: Double, _ telegramUnit: String?, inPrimaryUnit: Bool) -> Reading {
        guard inPrimaryUnit else { return Reading(name: name, value: .number(number), unit: unit ?? telegramUnit) }
        if let conversion {
            return Reading(
                name: name, value: .number(conversion.primaryValue(of: number)), unit: conversion.primary)
        }
        let reading = Reading(name: name, value: .number(number), unit: unit ?? telegramUnit)
        return telegramUnit == nil ? reading : reading.inPrimaryUnit
    }
}
