/// Names and values that travel beside a payload, one behind the other in storage that is used again: what a message
/// of thousands a second carries without an allocation of its own.
public struct AttributeList: Sendable {
    private var bytes: [UInt8] = []
    private var ends: [(name: Int, value: Int)] = []

    /// Without attributes.
    public init() {}

    /// How many there are.
    public var count: Int { ends.count }

    /// Takes all out, and keeps the storage.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }

    /// Adds one; names may repeat.
    public mutating func append(_ name: some Collection<UInt8>, _ value: some Collection<UInt8>) {
        bytes.append(contentsOf: name)
        let nameEnd = bytes.count
        bytes.append(contentsOf: value)
        ends.append((nameEnd, bytes.count))
    }

    /// Adds one; names may repeat.
    public mutating func append(_ name: String, _ value: String) { append(name.utf8, value.utf8) }

    /// Adds one whose value is an identity and a number.
    mutating func append(_ name: [UInt8], _ prefix: [UInt8], number: UInt64) {
        bytes.append(contentsOf: name)
        let nameEnd = bytes.count
        bytes.append(contentsOf: prefix)
        let start = bytes.count
        var rest = number
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
        ends.append((nameEnd, bytes.count))
    }

    /// Adds all of another list.
    public mutating func append(contentsOf other: AttributeList) {
        let offset = bytes.count
        bytes.append(contentsOf: other.bytes)
        for end in other.ends { ends.append((end.name + offset, end.value + offset)) }
    }

    /// Gives each name and its value, in order. The memory is theirs only during the call.
    public func forEach(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void) {
        bytes.withUnsafeBytes { all in
            var start = 0
            for end in ends {
                body(
                    UnsafeRawBufferPointer(rebasing: all[start..<end.name]),
                    UnsafeRawBufferPointer(rebasing: all[end.name..<end.value]))
                start = end.value
            }
        }
    }

    /// The pairs as texts.
    public var pairs: [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        forEach { pairs.append((String(decoding: $0, as: UTF8.self), String(decoding: $1, as: UTF8.self))) }
        return pairs
    }
}
