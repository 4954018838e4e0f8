import Agent
import DeviceProfiles
import Glibc
import Records
import SerialIO
import Synchronization

/// Takes what a port delivers and shows it: as a table that somebody draws, as JSON lines, or as hexadecimal.
final class LineMonitor: SerialReceiver {
    /// What is shown.
    enum Output: Sendable { case table, json, raw }

    /// What came so far.
    struct Seen: Sendable {
        var table = ListenTable()
        var state: SerialPortState?
        /// Why nothing more is written into the file; nil while all is well.
        var captureProblem: String?
    }

    private let output: Output
    private let decoder: ProfileDecoder?
    private let device: PolledDevice?
    /// The file for all bytes; -1 for none.
    private let capture: Int32
    private let seen = Mutex(Seen())
    private let rejected = Mutex<[(reason: String, bytes: Int)]>([])

    /// Runs of rejected bytes told with one frame: beyond, a line of noise would fill the memory.
    private static let rejectedMax = 100

    init(_ output: Output, profile: Profile?, device: PolledDevice?, capture: Int32) {
        self.output = output
        self.device = device
        self.capture = capture
        decoder = profile.map { ProfileDecoder($0) }
    }

    var current: Seen { seen.withLock { $0 } }

    /// What hands bytes on as they come.
    var framer: any Framer { TapFramer(decoder?.profile.framing) { [self] in tap($0) } }

    private func tap(_ bytes: ArraySlice<UInt8>) {
        seen.withLock { $0.table.add(bytes: bytes.count) }
        if output == .raw { for line in HexDump.lines(bytes, time: HexDump.time()) { writeLine(line, to: 1) } }
        guard capture >= 0, current.captureProblem == nil else { return }
        guard !writeAll(bytes, to: capture) else { return }
        let reason = String(cString: strerror(errno))
        seen.withLock { $0.captureProblem = reason }
    }

    func received(frame: ArraySlice<UInt8>, bootMilliseconds: Int64) {
        received(frame: frame, answering: nil, bootMilliseconds: bootMilliseconds)
    }

    func received(frame: ArraySlice<UInt8>, answering request: RequestID?, bootMilliseconds: Int64) {
        guard let decoder else { return }
        let bytes = request.flatMap { device?.requestBytes($0.request) }
        let decoded = decoder.decode(frame, request: bytes)
        seen.withLock { $0.table.add(decoded, at: .now) }
        guard output == .json else { return }
        if let problem = FrameLine.problem(of: decoded) { reject(problem, frame.count) }
        printLine(decoded)
    }

    func skipped(bytes: Int, reason: FrameProblem) {
        // Without a profile there are no frames to be skipped beside.
        guard decoder != nil else { return }
        seen.withLock { $0.table.add(skipped: bytes, reason: reason.description, isError: reason.isError) }
        if output == .json { reject(reason.description, bytes) }
    }

    func stateChanged(_ state: SerialPortState) {
        let isFirst = seen.withLock { seen in
            defer { seen.state = state }
            return seen.state == nil
        }
        guard !isFirst, output != .table else { return }
        printError("millrace: \(Self.text(state))")
    }

    /// Prints what was rejected behind the last frame.
    func finish() {
        guard output == .json, !rejected.withLock({ $0.isEmpty }) else { return }
        printLine(DecodedFrame())
    }

    private func printLine(_ frame: DecodedFrame) {
        let rejected = self.rejected.withLock { rejected in
            defer { rejected.removeAll() }
            return rejected
        }
        let line = FrameLine.json(
            profile: decoder?.profile.name ?? "", device: frame.device, readings: frame.readings, rejected: rejected)
        writeLine(line, to: 1)
    }

    private func reject(_ reason: String, _ bytes: Int) {
        rejected.withLock { rejected in
            if rejected.last?.reason == reason || rejected.count >= Self.rejectedMax {
                rejected[rejected.count - 1].bytes += bytes
            } else {
                rejected.append((reason, bytes))
            }
        }
    }

    /// For people.
    static func text(_ state: SerialPortState?) -> String {
        switch state {
        case nil: "opening"
        case .open(let path): "reading \(path)"
        case .absent: "the port is gone; waiting for it"
        case .unavailable(let reason): reason
        }
    }
}

/// Bytes in hexadecimal and as text.
enum HexDump {
    private static let columns = 16

    /// Lines of at most 16 bytes, the first with the time.
    static func lines(_ bytes: ArraySlice<UInt8>, time: String) -> [String] {
        stride(from: bytes.startIndex, to: bytes.endIndex, by: columns).map { start in
            let row = bytes[start..<min(bytes.endIndex, start + columns)]
            let text = String(row.map { (0x20...0x7E).contains($0) ? Character(UnicodeScalar($0)) : "." })
            let head = start == bytes.startIndex ? time : String(repeating: " ", count: time.count)
            return "\(head)  \(digits(row).padded(columns * 3 - 1))  \(text)"
        }
    }

    /// `FF 01 86`
    static func digits(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined(separator: " ")
    }

    /// The time of day, to the millisecond.
    static func time() -> String {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var parts = tm()
        localtime_r(&now.tv_sec, &parts)
        func padded(_ value: Int, _ width: Int) -> String {
            String(repeating: "0", count: max(0, width - "\(value)".count)) + "\(value)"
        }
        let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded(Int($0), 2) }.joined(separator: ":")
        return clock + "." + padded(now.tv_nsec / 1_000_000, 3)
    }
}
