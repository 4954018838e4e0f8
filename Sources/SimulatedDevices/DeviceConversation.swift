/// How a device takes part in what is said on its line. Pure: bytes in, bytes out, no time.
protocol DeviceConversation: Sendable {
    /// What it says next by itself; nil where it only answers.
    mutating func spoken() -> [UInt8]?
    /// The first request for it among the bytes that were heard, and what it answers; nil where there is none.
    mutating func answer(to heard: [UInt8]) -> DeviceAnswer?
    /// Sets what it measures, in the profile's units. False where it does not know how to put that into its bytes.
    mutating func set(_ value: Double, of field: String) -> Bool
    /// An answer as a device of another address gives it; the same where answers carry none.
    func readdressed(_ answer: [UInt8], to unit: UInt8) -> [UInt8]
    /// How it says that it cannot answer; nil where it has no words for that.
    func refusal(of request: [UInt8], code: UInt8) -> [UInt8]?
}

/// What a device answers, and to what.
struct DeviceAnswer: Equatable, Sendable {
    /// Where the request stands among the bytes that were heard.
    var request: Range<Int>
    /// What is sent; empty for nothing.
    var bytes: [UInt8]
    /// How long the device thinks.
    var delay = Duration.zero
}

extension DeviceConversation {
    mutating func spoken() -> [UInt8]? { nil }
    mutating func answer(to heard: [UInt8]) -> DeviceAnswer? { nil }
    mutating func set(_ value: Double, of field: String) -> Bool { false }
    func readdressed(_ answer: [UInt8], to unit: UInt8) -> [UInt8] { answer }
    func refusal(of request: [UInt8], code: UInt8) -> [UInt8]? { nil }
}
