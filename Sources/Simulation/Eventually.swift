/// Asks again and again until `condition` holds, for `limit` at most; whether it held in the end.
public func eventually(
    within limit: Duration = .seconds(30), _ condition: () async throws -> Bool
) async rethrows -> Bool {
    let deadline = ContinuousClock.now + limit
    while true {
        if try await condition() { return true }
        guard ContinuousClock.now < deadline else { return false }
        // A cancelled test asks faster, and ends at its deadline all the same.
        try? await Task.sleep(for: .milliseconds(5))
    }
}
