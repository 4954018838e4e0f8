import Records

extension Reading {
    /// The reading in the primary unit of its own (RFC 8798, section 3): what is put into a record. One without a unit,
    /// with a primary one, or with one that SenML does not know stays as it is.
    public var inPrimaryUnit: Reading {
        guard let symbol = unit, let unit = SenMLUnit(symbol), unit.primary != symbol, case .number(let number) = value
        else { return self }
        var reading = self
        reading.unit = unit.primary
        reading.value = .number(unit.primaryValue(of: number))
        return reading
    }
}
