import Records

/// What came out of one frame.
public struct DecodedFrame: Hashable, Sendable {
    /// The message that it was taken for; nil where that has no name, and where there is none.
    public var message: String?
    /// Which of several devices behind the port sent it; nil where the profile does not tell them apart.
    public var device: String?
    /// Its values, in the profile's units and in the order of its fields.
    public var readings: [Reading] = []
    /// Values that it has and that are none.
    public var withheld: [WithheldReading] = []
    /// Whether it was understood.
    public var verdict = Verdict.decoded

    /// A frame without anything in it.
    public init() {}

    /// Whether a frame was understood.
    public enum Verdict: Hashable, Sendable {
        case decoded
        /// No message of the profile is like it.
        case skipped
        /// It is an answer that says that there is none, or it is not what it begins as; why.
        case rejected(reason: String)
    }
}

/// A value that is not published, and why.
public struct WithheldReading: Hashable, Sendable {
    /// The name that the reading would have.
    public var name: String
    /// Why there is none.
    public var reason: Reason

    /// Why a value is none.
    public enum Reason: String, Hashable, Sendable {
        /// The device says that it has none: a raw value that means so, an empty text, a place beyond the frame's end.
        case missing
        /// Outside the plausible range.
        case implausible
        /// What stands there is no value of its type.
        case invalid
        /// Another field says that it does not count.
        case conditional
        /// A raw value that has no name.
        case unlisted

        /// For somebody who writes the profile.
        public var explanation: String {
            switch self {
            case .missing: "missing: the frame ends before it, is empty there, or says that it has none"
            case .implausible: "implausible: it is outside its range"
            case .invalid: "invalid: what stands there does not read as its type says"
            case .conditional: "conditional: its valid_if is not met"
            case .unlisted: "unlisted: what stands there is none of its values"
            }
        }
    }
}
