/// What a reader's thread knows of its line.
struct LineState {
    /// How long a script may go on after it was told to stop.
    static let farewellTimeMax = Duration.seconds(1)
    /// How often the driver's counters are read.
    private static let faultsInterval = Duration.seconds(10)

    var intake: SerialIntake
    var script: any LineScript
    /// The speed of the line.
    var baud = 0
    /// When the port is closed whatever the script says; nil before the script was told to stop.
    var farewellDeadline: Duration?
    /// What the driver had counted at the last reading; nil where it does not count.
    private var faults: LineFaults?
    private var faultsTime = Duration.zero

    init(intake: SerialIntake, script: any LineScript) {
        self.intake = intake
        self.script = script
    }

    /// When the driver's counters are read again; nil where there are none.
    var faultsDeadline: Duration? { faults == nil ? nil : faultsTime + Self.faultsInterval }

    /// A port was opened. What its driver counted before is not ours.
    mutating func begin(with port: borrowing SerialPort, baud: Int, now: Duration) {
        self.baud = baud
        faults = port.faults()
        faultsTime = now
        if faults != nil, intake.counters.faults == nil { intake.counters.faults = LineFaults() }
    }

    /// Reads the driver's counters.
    mutating func countFaults(of port: borrowing SerialPort, now: Duration) {
        guard let before = faults, let after = port.faults() else { return }
        intake.counters.faults?.add(from: before, to: after)
        faults = after
        faultsTime = now
    }
}
