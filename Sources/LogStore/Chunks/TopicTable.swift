/// The topics of a chunk that is being built, found by their bytes: open addressing, no allocation per look-up.
struct TopicTable {
    /// Where a topic stands in the chunk's body.
    private struct Entry {
        var offset: Int32
        var count: Int32
        var hash: UInt32
    }

    private var entries: [Entry] = []
    /// Numbers into `entries`, -1 where free; a power of two, at least twice as many as entries.
    private var slots: [Int32]

    init() { slots = [Int32](repeating: -1, count: 256) }

    /// The number of the topic, or nil where it has none yet.
    func number(of topic: UnsafeRawBufferPointer, in body: [UInt8]) -> Int? {
        let hash = TopicTable.hash(topic)
        var slot = Int(hash) & (slots.count - 1)
        while slots[slot] >= 0 {
            let entry = entries[Int(slots[slot])]
            if entry.hash == hash, Int(entry.count) == topic.count, equals(entry, topic, in: body) {
                return Int(slots[slot])
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    /// Gives the topic that stands at `offset` of the body the next number.
    mutating func add(_ topic: UnsafeRawBufferPointer, at offset: Int) {
        entries.append(Entry(offset: Int32(offset), count: Int32(topic.count), hash: TopicTable.hash(topic)))
        if entries.count * 2 > slots.count {
            slots = [Int32](repeating: -1, count: slots.count * 2)
            for number in entries.indices { place(number) }
        } else {
            place(entries.count - 1)
        }
    }

    /// Forgets all topics and keeps the memory.
    mutating func removeAll() {
        guard !entries.isEmpty else { return }
        entries.removeAll(keepingCapacity: true)
        for index in slots.indices { slots[index] = -1 }
    }

    private mutating func place(_ number: Int) {
        var slot = Int(entries[number].hash) & (slots.count - 1)
        while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = Int32(number)
    }

    private func equals(_ entry: Entry, _ topic: UnsafeRawBufferPointer, in body: [UInt8]) -> Bool {
        body.withUnsafeBytes { bytes in
            let start = Int(entry.offset)
            return bytes[start..<(start + Int(entry.count))].elementsEqual(topic)
        }
    }

    /// Multiplies eight bytes at a time into the hash; collisions cost a comparison, no more.
    private static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var hash = UInt64(truncatingIfNeeded: bytes.count) &* 0x9E37_79B9_7F4A_7C15
        var index = 0
        while index + 8 <= bytes.count {
            hash = (hash ^ bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)) &* 0x9E37_79B9_7F4A_7C15
            hash ^= hash >> 29
            index += 8
        }
        while index < bytes.count {
            hash = (hash ^ UInt64(bytes[index])) &* 0x0000_0100_0000_01B3
            index += 1
        }
        return UInt32(truncatingIfNeeded: hash ^ hash >> 32)
    }
}
