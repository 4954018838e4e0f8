import DeviceProfiles
import Logging
import Records
import SerialIO
import Synchronization

/// Takes what one serial line delivers, and puts it into records: from the line's one thread, and never onto the disk.
final class LineReceiver: SerialReceiver {
    /// What it took in, and how the port stands.
    struct Shared {
        var counters = SourceCounters()
        var state = SerialPortState.absent
        var damage = FrameDamage()
        var devices: [DeviceIntake]
        /// When a line came that stays as it is.
        var lineMilliseconds: Int64?
        /// By device, and that of the last record: mostly it is that of the next, too.
        fileprivate var origins: [String: ReadingRecords.Origin] = [:]
        fileprivate var lastOrigin: ReadingRecords.Origin?
        fileprivate var writer = JSONWriter()

        init(devices: [DeviceIntake] = []) { self.devices = devices }
    }

    /// What frames are made of.
    private enum Content {
        /// Records as they are.
        case raw(RawLines, ReadingRecords.Origin)
        /// With what each is asked, to read its answers by; empty where nothing is asked.
        case devices(asked: [PolledDevice])
    }

    let shared: Mutex<Shared>
    private let content: Content
    private let configuration: SerialSourceConfiguration
    private let port: PortName
    private let records: ReadingRecords
    private let clock: any GatewayClock
    private let logger: Logger
    /// When it was made.
    private let start: Int64

    /// A receiver of lines of a device that stay as they are.
    init(
        _ lines: RawLines, port: PortName, of configuration: SerialSourceConfiguration, into records: ReadingRecords,
        clock: any GatewayClock, logger: Logger
    ) {
        content = .raw(
            lines, records.origin(device: lines.device, topic: configuration.topic(device: lines.device)))
        shared = Mutex(Shared())
        (self.port, self.configuration, self.records) = (port, configuration, records)
        (self.clock, self.logger) = (clock, logger)
        start = clock.bootMilliseconds()
    }

    /// A receiver of devices: either all of them are asked, in this order, or none.
    init(
        devices: [DeviceConfiguration], asked: [PolledDevice], port: PortName,
        of configuration: SerialSourceConfiguration, into records: ReadingRecords, clock: any GatewayClock,
        logger: Logger
    ) {
        precondition(asked.isEmpty || asked.count == devices.count, "answers are known by their device's number")
        content = .devices(asked: asked)
        shared = Mutex(Shared(devices: devices.map { DeviceIntake($0) }))
        (self.port, self.configuration, self.records) = (port, configuration, records)
        (self.clock, self.logger) = (clock, logger)
        start = clock.bootMilliseconds()
    }

    func received(frame: ArraySlice<UInt8>, bootMilliseconds: Int64) {
        received(frame: frame, answering: nil, bootMilliseconds: bootMilliseconds)
    }

    func received(frame: ArraySlice<UInt8>, answering request: RequestID?, bootMilliseconds: Int64) {
        switch content {
        case .raw(_, let origin):
            let outcome = records.append(line: frame.span, of: origin, bootMilliseconds: bootMilliseconds)
            shared.withLock { shared in
                shared.counters.count(outcome)
                shared.lineMilliseconds = bootMilliseconds
            }
        case .devices(let asked):
            let bytes = request.flatMap { asked[$0.device].requestBytes($0.request) }
            let problem = shared.withLock { shared -> String? in
                switch shared.devices[request?.device ?? 0].take(
                    frame, request: bytes, atMilliseconds: bootMilliseconds)
                {
                case .publish(let output): publish(output, bootMilliseconds, &shared)
                case .nothing: break
                case .rejected(let reason):
                    shared.counters.rejected += 1
                    return reason
                }
                return nil
            }
            if let problem { logger.debug("a frame was not understood: \(problem)") }
        }
    }

    func skipped(bytes: Int, reason: FrameProblem) {
        if reason.isError {
            shared.withLock { shared in
                shared.counters.rejected += 1
                shared.damage.count(reason)
            }
        }
        logger.debug("\(bytes) bytes were skipped: \(reason)")
    }

    func stateChanged(_ state: SerialPortState) {
        let now = clock.bootMilliseconds()
        shared.withLock { shared in
            shared.state = state
            guard case .open = state else { return }
            for index in shared.devices.indices { shared.devices[index].opened(atMilliseconds: now) }
        }
        switch state {
        case .open(let path): logger.info("reading \(path)")
        case .absent: logger.warning("\(port) is not there; it is read as soon as it is plugged in")
        case .unavailable(let reason): logger.error("\(port) cannot be used: \(reason)")
        }
    }

    /// Earlier values of each device's readings.
    var histories: [String: ReadingHistory] { shared.withLock { $0.origins.mapValues(\.history) } }

    /// Publishes what has waited for its interval to end.
    func publishDue() {
        let now = clock.bootMilliseconds()
        shared.withLock { shared in
            for index in shared.devices.indices {
                for output in shared.devices[index].due(atMilliseconds: now) { publish(output, now, &shared) }
            }
        }
    }

    /// What is known of each device of the line.
    func deviceStates(of source: String) -> [DeviceState] {
        let now = clock.bootMilliseconds()
        return shared.withLock { shared in
            switch content {
            case .raw(let lines, let origin):
                var state = DeviceState(source: source, name: origin.device)
                state.heardMilliseconds = shared.lineMilliseconds
                state.silentAfter = lines.silentAfter
                state.judgeSilence(listeningSince: start, atMilliseconds: now)
                return [state]
            case .devices:
                return shared.devices.flatMap {
                    $0.states(source: source, listeningSince: start, atMilliseconds: now)
                }
            }
        }
    }

    /// Under the lock, so that records of a device are in the order of its values.
    private func publish(_ output: DeviceIntake.Output, _ bootMilliseconds: Int64, _ shared: inout Shared) {
        let origin = origin(output.device, &shared)
        origin.history.note(output.readings, bootMilliseconds: bootMilliseconds)
        shared.counters.count(
            records.append(
                output.readings, of: origin, bootMilliseconds: bootMilliseconds, writer: &shared.writer))
    }

    private func origin(_ device: String, _ shared: inout Shared) -> ReadingRecords.Origin {
        if let last = shared.lastOrigin, last.device == device { return last }
        let origin =
            shared.origins[device]
            ?? records.origin(device: device, topic: configuration.topic(device: device))
        shared.origins[device] = origin
        shared.lastOrigin = origin
        return origin
    }
}

extension SourceCounters {
    fileprivate mutating func count(_ outcome: ReadingRecords.Outcome) {
        switch outcome {
        case .taken: received += 1
        case .dropped: dropped += 1
        case .refused: refused += 1
        case .empty: break
        }
    }
}
