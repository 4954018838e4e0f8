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
        var devices: [DeviceIntake]
    }

    /// What frames are made of.
    private enum Content {
        case lines(LineDecoder, device: String)
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

    /// A receiver of lines of text.
    init(
        lines: LineConfiguration, device: String, port: PortName, of configuration: SerialSourceConfiguration,
        into records: ReadingRecords, clock: any GatewayClock, logger: Logger
    ) {
        content = .lines(LineDecoder(format: lines.format), device: lines.device ?? device)
        shared = Mutex(Shared(devices: []))
        (self.port, self.configuration, self.records) = (port, configuration, records)
        (self.clock, self.logger) = (clock, logger)
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
    }

    func received(frame: ArraySlice<UInt8>, bootMilliseconds: Int64) {
        received(frame: frame, answering: nil, bootMilliseconds: bootMilliseconds)
    }

    func received(frame: ArraySlice<UInt8>, answering request: RequestID?, bootMilliseconds: Int64) {
        switch content {
        case .lines(let decoder, let device): take(line: frame, decoder, device, bootMilliseconds)
        case .devices(let asked):
            let index = request?.device ?? 0
            let bytes = request.flatMap { asked[$0.device].requestBytes($0.request) }
            let (output, problem) = shared.withLock { shared in
                let rejectedBefore = shared.devices[index].counters.rejected
                let output = shared.devices[index].take(frame, request: bytes, atMilliseconds: bootMilliseconds)
                let isRejected = shared.devices[index].counters.rejected > rejectedBefore
                if isRejected { shared.counters.rejected += 1 }
                return (output, isRejected ? shared.devices[index].problem : nil)
            }
            if let problem { logger.debug("a frame was not understood: \(problem)") }
            if let output { publish(output, bootMilliseconds) }
        }
    }

    func skipped(bytes: Int, reason: FrameProblem) {
        if reason.isError { shared.withLock { $0.counters.rejected += 1 } }
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

    /// Publishes what has waited for its interval to end.
    func publishDue() {
        let now = clock.bootMilliseconds()
        let outputs = shared.withLock { shared in
            shared.devices.indices.flatMap { shared.devices[$0].due(atMilliseconds: now) }
        }
        for output in outputs { publish(output, now) }
    }

    private func publish(_ output: DeviceIntake.Output, _ bootMilliseconds: Int64) {
        count(
            records.append(
                output.readings, device: output.device, topic: configuration.topic(device: output.device),
                bootMilliseconds: bootMilliseconds))
    }

    private func take(
        line: ArraySlice<UInt8>, _ decoder: LineDecoder, _ device: String, _ bootMilliseconds: Int64
    ) {
        let topic = configuration.topic(device: device)
        switch decoder.decode(line) {
        case .raw:
            count(
                records.append(
                    Array(line), contentType: nil, device: device, topic: topic, bootMilliseconds: bootMilliseconds))
        case .readings(let readings):
            count(records.append(readings, device: device, topic: topic, bootMilliseconds: bootMilliseconds))
        case .rejected(let reason):
            shared.withLock { $0.counters.rejected += 1 }
            logger.debug("a line was not understood: \(reason)")
        }
    }

    private func count(_ outcome: ReadingRecords.Outcome) {
        shared.withLock { shared in
            switch outcome {
            case .taken: shared.counters.received += 1
            case .dropped: shared.counters.dropped += 1
            case .empty: break
            }
        }
    }
}
