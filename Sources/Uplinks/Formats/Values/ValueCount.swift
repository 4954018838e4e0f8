/// How many values a payload may have, without reading it.
enum ValueCount {
    /// One more than it has commas, and no more than are taken apart.
    static func estimate(in payload: ArraySlice<UInt8>) -> Int {
        var count = 1
        for byte in payload where byte == UInt8(ascii: ",") {
            count += 1
            if count == PayloadValues.valuesMax { break }
        }
        return count
    }
}
