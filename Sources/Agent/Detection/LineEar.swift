import SerialIO
import Synchronization

/// Hears a port: every byte as it came, whatever it means.
final class LineEar: SerialReceiver {
    /// What was heard since the last look.
    struct Heard: Sendable {
        var bytes: [UInt8] = []
        /// The line was busy when it was opened.
        var isMidstream = false
        /// How the port stands; nil while it was not opened yet.
        var state: SerialPortState?
    }

    private let heard = Mutex(Heard())

    /// Bytes between two looks: what the fastest line brings in a second.
    private static let bytesMax = 1 << 20

    /// What was heard since the last call.
    func take() -> Heard {
        heard.withLock { heard in
            defer {
                heard.bytes.removeAll(keepingCapacity: true)
                heard.isMidstream = false
            }
            return heard
        }
    }

    /// What hands bytes on as they come.
    var framer: any Framer { OpenFramer(ear: self) }

    func received(frame: ArraySlice<UInt8>, bootMilliseconds: Int64) {
        heard.withLock { heard in
            if heard.bytes.count + frame.count <= Self.bytesMax { heard.bytes += frame }
        }
    }

    func skipped(bytes: Int, reason: FrameProblem) {}

    func stateChanged(_ state: SerialPortState) { heard.withLock { $0.state = state } }

    fileprivate func beginMidstream() { heard.withLock { $0.isMidstream = true } }
}

/// Takes whatever comes for a frame.
private struct OpenFramer: Framer {
    let ear: LineEar
    private var waiting: [UInt8] = []

    init(ear: LineEar) { self.ear = ear }

    var pendingCount: Int { waiting.count }

    mutating func append(_ bytes: some Sequence<UInt8>) { waiting += bytes }

    mutating func next() -> FrameStep {
        guard !waiting.isEmpty else { return .needMoreBytes }
        defer { waiting = [] }
        return .frame(waiting[...])
    }

    mutating func reset() -> Int {
        defer { waiting = [] }
        return waiting.count
    }

    mutating func beginMidstream() { ear.beginMidstream() }
}
