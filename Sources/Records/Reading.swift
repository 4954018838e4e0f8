/// One measured value of a device.
public struct Reading: Hashable, Sendable {
    /// What kinds of value SenML carries (RFC 8428, section 4.2).
    public enum Value: Hashable, Sendable {
        case number(Double)
        case text(String)
        case boolean(Bool)
    }

    /// What was measured, such as `temperature`.
    public var name: String
    /// What it was.
    public var value: Value
    /// SenML unit symbol (RFC 8428, section 12.1; RFC 8798); nil where there is none or it is not known.
    public var unit: String?
    /// The source's own timestamp, milliseconds since 1970; nil where it gives none.
    public var milliseconds: Int64?

    /// A value with its name.
    public init(name: String, value: Value, unit: String? = nil, milliseconds: Int64? = nil) {
        self.name = name
        self.value = value
        self.unit = unit
        self.milliseconds = milliseconds
    }
}
