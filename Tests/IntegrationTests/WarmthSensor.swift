/// A sensor that no profile of ours is like: it says `$WARMTH 21.5*`.
enum WarmthSensor {
    /// Its profile.
    static let profile = """
        format = 1
        title = "Warmth"
        models = ["W"]
        source = "invented"
        [link]
        baud = 9600
        [framing]
        kind = "line"
        start = "$WARMTH"
        [checksum]
        kind = "none"
        [text]
        format = "pattern"
        [[message]]
        pattern = '^.WARMTH (?<t>[-0-9.]+).$'
        fields = [{ name = "temperature", key = "t", unit = "Cel", range = [-40, 85] }]
        [[sample]]
        text = "$WARMTH 21.5*\\n"
        expect = { temperature = 21.5 }
        [[sample]]
        text = "$WARM 21.5*\\n"
        rejected = true
        """
}
