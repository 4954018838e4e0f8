/// A member of an object: its name and its value at once.
extension JSONWriter {
    /// A member whose value is a string.
    public mutating func member(_ name: StaticString, string value: String) {
        key(name)
        string(value)
    }

    /// A member whose value is a whole number.
    @inlinable public mutating func member(_ name: StaticString, integer value: some BinaryInteger) {
        key(name)
        integer(value)
    }

    /// A member whose value is a number; `null` where JSON has none for it.
    public mutating func member(_ name: StaticString, number value: Double) {
        key(name)
        number(value)
    }

    /// A member whose value is a number of thousandths, such as milliseconds that are written as seconds.
    public mutating func member(_ name: StaticString, thousandths value: Int64) {
        key(name)
        number(thousandths: value)
    }

    /// A member whose value is true or false.
    public mutating func member(_ name: StaticString, boolean value: Bool) {
        key(name)
        boolean(value)
    }
}
