import StrictTOML

/// The keys of a rate, which are the same in profiles, in their fields, and in the configuration.
extension RateRule {
    /// `keep`: an array of words; nil where it is absent.
    public static func readKept(_ table: TableReader) -> [Kept]? {
        guard let words = table.strings("keep") else { return nil }
        let known = Kept.allCases.map(\.rawValue)
        var kept: [Kept] = []
        for (index, word) in words.enumerated() {
            guard let choice = Kept(rawValue: word) else {
                table.fail("\(quoted(word)) is none of \(quotedList(known))", at: "keep", element: index)
                continue
            }
            if kept.contains(choice) { table.fail("\(quoted(word)) is there twice", at: "keep", element: index) }
            kept.append(choice)
        }
        if words.isEmpty { table.fail("must not be empty", at: "keep") }
        return kept
    }

    /// `on_change`: a number that is not negative; nil where it is absent.
    public static func readChange(_ table: TableReader) -> Double? {
        guard let change = table.number("on_change") else { return nil }
        if change < 0 { table.fail("must not be negative; 0 is any difference", at: "on_change") }
        return change
    }
}
