import DeviceProfiles
import Logging
import Records
import SerialIO
import ServiceLifecycle
import Synchronization

/// Takes in the lines of one serial port: readings become a SenML pack (RFC 8428), raw lines stay as they are.
public final class SerialSource: Service {
    /// As in the configuration.
    public let name: String
    private let reader: SerialReader
    private let receiver: Receiver

    init(
        _ configuration: SerialSourceConfiguration, gateway: GatewayID, recorder: Recorder, clock: any GatewayClock,
        logger: Logger
    ) throws {
        name = configuration.name.rawValue
        guard let port = PortName(configuration.port) else {
            preconditionFailure("the configuration has checked the port's name")
        }
        receiver = Receiver(configuration, gateway: gateway, recorder: recorder, clock: clock, logger: logger)
        reader = try SerialReader(
            port: port, settings: configuration.settings,
            framer: FrameCutter(
                FramingRule(
                    .line(start: [], end: configuration.lineEnd.framing), sizeMax: configuration.lineMax.rawValue)),
            receiver: receiver, clock: clock)
    }

    /// Reads until graceful shutdown.
    ///
    /// - Throws: ``SerialPortError`` where the system gives no thread or descriptor.
    public func run() async throws {
        try reader.start()
        await untilShutdown()
        await reader.stop()
    }

    /// What it took in since the start.
    public var counters: SourceCounters { receiver.shared.withLock { $0.counters } }
    /// Whether the port is open, absent or unavailable.
    public var state: SerialPortState { receiver.shared.withLock { $0.state } }

    /// Where the reader puts its lines: from its one thread, and never onto the disk.
    final class Receiver: SerialReceiver {
        struct Shared {
            var counters = SourceCounters()
            var state = SerialPortState.absent
        }

        let shared = Mutex(Shared())
        private let configuration: SerialSourceConfiguration
        private let gateway: GatewayID
        private let recorder: Recorder
        private let clock: any GatewayClock
        private let logger: Logger
        private let decoder: LineDecoder
        private let slot: Int
        private let topic: [UInt8]

        init(
            _ configuration: SerialSourceConfiguration, gateway: GatewayID, recorder: Recorder,
            clock: any GatewayClock, logger: Logger
        ) {
            self.configuration = configuration
            self.gateway = gateway
            self.recorder = recorder
            self.clock = clock
            self.logger = logger
            decoder = LineDecoder(format: configuration.format)
            slot = recorder.slot(of: configuration.stream)
            topic = Array(configuration.topic.utf8)
        }

        func received(frame: ArraySlice<UInt8>, bootMilliseconds: Int64) {
            switch decoder.decode(frame) {
            case .raw:
                append(Array(frame), contentType: nil, bootMilliseconds)
            case .readings(let readings):
                // Measured when the first byte came, by the clock as it stands now.
                let now = clock.read()
                let measured = now.isSynchronised ? bootMilliseconds + now.wallOffsetMilliseconds : nil
                let pack = SenMLPack(
                    gateway: gateway, device: configuration.device, baseMilliseconds: measured, readings: readings)
                guard let payload = pack.encoded() else { return }
                append(payload, contentType: SenMLPack.contentType, bootMilliseconds)
            case .rejected(let reason):
                shared.withLock { $0.counters.rejected += 1 }
                logger.debug("a line was not understood: \(reason)")
            }
        }

        func skipped(bytes: Int, reason: FrameProblem) {
            shared.withLock { $0.counters.rejected += 1 }
            logger.debug("\(bytes) bytes were skipped: \(reason)")
        }

        func stateChanged(_ state: SerialPortState) {
            shared.withLock { $0.state = state }
            switch state {
            case .open(let path): logger.info("reading \(path)")
            case .absent: logger.warning("\(configuration.port) is not there; it is read as soon as it is plugged in")
            case .unavailable(let reason): logger.error("\(configuration.port) cannot be used: \(reason)")
            }
        }

        private func append(_ payload: [UInt8], contentType: String?, _ bootMilliseconds: Int64) {
            let details = IntakeDetails(
                properties: RecordProperties(contentType: contentType, device: configuration.device),
                isRedeliverable: false, bootMilliseconds: bootMilliseconds)
            let topic = self.topic
            let isTaken = recorder.append(
                slot, topic: topic.span.bytes, payload: payload.span.bytes, details: details)
            shared.withLock { shared in
                if isTaken { shared.counters.received += 1 } else { shared.counters.dropped += 1 }
            }
        }
    }
}

extension SerialSourceConfiguration.LineEnd {
    /// The same in the framer's words.
    var framing: SerialIO.LineEnd {
        switch self {
        case .lineFeed: .lf
        case .carriageReturn: .cr
        case .both: .crlf
        }
    }
}
