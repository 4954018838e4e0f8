import Records
import SerialIO
import Synchronization
import Testing
import Threads

/// Keeps everything that a reader says, in order.
final class RecordingReceiver: SerialReceiver {
    private struct Heard {
        var frames: [String] = []
        var times: [Int64] = []
        var states: [SerialPortState] = []
        var skipped: [(bytes: Int, reason: FrameProblem)] = []
    }
    private let heard = Gate(Heard())

    func received(frame: ArraySlice<UInt8>, bootMilliseconds: Int64) {
        heard.change { heard in
            heard.frames.append(String(decoding: frame, as: UTF8.self))
            heard.times.append(bootMilliseconds)
        }
    }

    func skipped(bytes: Int, reason: FrameProblem) { heard.change { $0.skipped.append((bytes, reason)) } }

    func stateChanged(_ state: SerialPortState) { heard.change { $0.states.append(state) } }

    var frames: [String] { heard.withLock { $0.frames } }
    var times: [Int64] { heard.withLock { $0.times } }
    var states: [SerialPortState] { heard.withLock { $0.states } }
    var skippedBytes: Int { heard.withLock { $0.skipped.reduce(0) { $0 + $1.bytes } } }
    var skippedReasons: [String] { heard.withLock { $0.skipped.map(\.reason.description) } }

    /// Waits for so many frames.
    func wait(frames count: Int) async throws { try await eventually { self.frames.count >= count } }

    /// Waits for so many changes of state.
    func wait(states count: Int) async throws { try await eventually { self.states.count >= count } }
}

/// Counts its own readings, so that no two are alike.
final class CountingClock: GatewayClock {
    private let milliseconds = Atomic<Int64>(0)

    func bootMilliseconds() -> Int64 { milliseconds.add(1, ordering: .relaxed).newValue }

    func read() -> ClockReading {
        ClockReading(
            boot: BootID(high: 0, low: 1), bootMilliseconds: bootMilliseconds(), wallMilliseconds: 0,
            isSynchronised: false)
    }
}

/// Waits until something is so; fails the test after a deadline that only a broken program misses.
func eventually(_ condition: () -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while !condition() {
        try #require(ContinuousClock.now < deadline, "waited for a minute")
        try await Task.sleep(for: .milliseconds(2))
    }
}

extension SerialTiming {
    /// Attempts at this interval, whether or not anybody tells of a change.
    static func retrying(every delay: Duration) -> SerialTiming {
        var timing = SerialTiming()
        timing.retryDelays = delay...delay
        timing.rescan = delay
        return timing
    }
}
