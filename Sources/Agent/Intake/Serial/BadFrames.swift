import Records
import SerialIO
import Synchronization

/// The last frames of a line that could not be understood, as they came: what somebody needs who is to find out why.
final class BadFrames: Sendable {
    /// Bytes from where a frame seemed to begin.
    struct Frame: Sendable {
        var reason: String
        var bytes: [UInt8]
        var bootMilliseconds: Int64
    }

    /// Frames that are kept.
    static let countMax = 8
    /// Bytes of each.
    static let sizeMax = 64

    private let kept = Mutex<[Frame]>([])

    /// The newest last.
    var current: [Frame] { kept.withLock { $0 } }

    fileprivate func add(_ frame: Frame) {
        kept.withLock { frames in
            frames.append(frame)
            if frames.count > Self.countMax { frames.removeFirst() }
        }
    }
}

/// Cuts frames as another framer does, and keeps the bytes of those that are bad.
struct BadFrameTap: Framer {
    private var cutter: FrameCutter
    private let frames: BadFrames
    private let clock: any GatewayClock
    /// The newest bytes; more than may be pending, so that a frame is found in it after it was rejected.
    private var tail: [UInt8] = []

    private static let tailMax = 2 * Limits.frameSizeMax

    init(_ cutter: FrameCutter, into frames: BadFrames, clock: any GatewayClock) {
        self.cutter = cutter
        self.frames = frames
        self.clock = clock
    }

    var pendingCount: Int { cutter.pendingCount }

    mutating func append(_ bytes: some Sequence<UInt8>) {
        let start = tail.count
        tail.append(contentsOf: bytes)
        cutter.append(tail[start...])
        if tail.count > 2 * Self.tailMax { tail.removeFirst(tail.count - Self.tailMax) }
    }

    mutating func next() -> FrameStep {
        let step = cutter.next()
        if case .skipped(let count, let reason) = step, reason.isError {
            let start = tail.count - cutter.pendingCount - count
            if start >= 0 {
                frames.add(
                    .init(
                        reason: "\(reason)", bytes: Array(tail[start...].prefix(BadFrames.sizeMax)),
                        bootMilliseconds: clock.bootMilliseconds()))
            }
        }
        return step
    }

    mutating func reset() -> Int { cutter.reset() }
    mutating func beginMidstream() { cutter.beginMidstream() }
    mutating func expectReply(to request: [UInt8]) { cutter.expectReply(to: request) }
}
