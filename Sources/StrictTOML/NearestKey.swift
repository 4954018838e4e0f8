/// Finds what a person probably meant.
public enum NearestKey {
    /// The candidate that is nearest to a word; nil where none is near enough to be meant.
    ///
    /// Near enough is a third of the longer word in edits, one being allowed always, or one being the beginning of the
    /// other: `baudrate` for `baud`, `password` for `password_file`.
    public static func find(_ word: String, in candidates: some Sequence<String>) -> String? {
        let near = candidates.compactMap { candidate -> (distance: Int, candidate: String)? in
            let distance = distance(word.lowercased(), candidate.lowercased())
            let isPart =
                min(word.count, candidate.count) >= 3 && (word.hasPrefix(candidate) || candidate.hasPrefix(word))
            let allowed = max(1, max(word.count, candidate.count) / 3)
            guard distance <= allowed || isPart else { return nil }
            return (distance, candidate)
        }
        return near.min { ($0.distance, $0.candidate) < ($1.distance, $1.candidate) }?.candidate
    }

    /// `; did you mean "baud"?`, or nothing where no candidate is near.
    public static func hint(_ word: String, in candidates: some Sequence<String>) -> String? {
        find(word, in: candidates).map { "; did you mean \(quoted($0))?" }
    }

    /// Damerau-Levenshtein distance in its restricted form (optimal string alignment): inserting, deleting or changing
    /// a character and swapping two neighbours cost one each.
    static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.unicodeScalars.prefix(64))
        let right = Array(right.unicodeScalars.prefix(64))
        var rows = [Array(0...right.count)]
        for row in 1..<(left.count + 1) {
            var current = [row] + Array(repeating: 0, count: right.count)
            for column in 1..<(right.count + 1) {
                let change = left[row - 1] == right[column - 1] ? 0 : 1
                var best = min(rows[row - 1][column] + 1, current[column - 1] + 1)
                best = min(best, rows[row - 1][column - 1] + change)
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    best = min(best, rows[row - 2][column - 2] + 1)
                }
                current[column] = best
            }
            rows.append(current)
        }
        return rows[left.count][right.count]
    }
}
