import DeviceProfiles
import Records
import SerialIO
import Synchronization

/// What the status shows of a serial source.
extension SerialSource {
    /// The source and its ports.
    func status(rate: Double?) -> SerialSourceStatus {
        var status = SerialSourceStatus(name: name, port: "\(configuration.port)")
        status.counters = counters
        status.rate = rate
        status.lines = lines.withLock { $0 }.map(\.status)
        return status
    }

    /// The devices behind its ports: those that the configuration names, and those that told their own names.
    var deviceStatuses: [DeviceStatus] {
        lines.withLock { $0 }.flatMap { $0.deviceStatuses(of: name) }
    }
}

extension SerialLine {
    fileprivate var status: SerialLineStatus {
        let (state, damage) = receiver.shared.withLock { ($0.state, $0.damage) }
        var status = SerialLineStatus(port: "\(port)", state: state)
        status.counters = counters
        status.damage = damage
        status.badFrames = badFrames.current.map {
            BadFrameStatus(reason: $0.reason, bytes: $0.bytes, bootMilliseconds: $0.bootMilliseconds)
        }
        status.devices = Set(devices.map(\.name)).union(receiver.seen.keys).count
        if let counts = ledger?.current.devices {
            status.requests = counts.reduce(0) { $0 + $1.requests }
            status.timeouts = counts.reduce(0) { $0 + $1.timeouts }
        }
        return status
    }

    fileprivate func deviceStatuses(of source: String) -> [DeviceStatus] {
        let seen = receiver.seen
        let asked = ledger?.current.devices
        let isOpen = if case .open = receiver.shared.withLock({ $0.state }) { true } else { false }
        let named = Dictionary(devices.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        let heard = seen.keys.filter { named[$0] == nil }.sorted()
        // Who tells its own name is not there under the one that the configuration gives.
        let expected = devices.map(\.name).filter { seen[$0] != nil || heard.isEmpty }
        return (expected + heard).map { device in
            let number = named[device]
            let (last, readings) = seen[device]?.current ?? (nil, [])
            var status = DeviceStatus(
                name: device, source: source, port: "\(port)", profile: devices[number ?? 0].profile,
                state: .unknown)
            switch number.flatMap({ asked?[$0].state }) {
            case .alive: status.state = isOpen ? .alive : .silent
            case .silent: status.state = .silent
            case .unknown, nil: status.state = last == nil ? .unknown : isOpen ? .alive : .silent
            }
            status.lastMilliseconds = last
            status.readings = readings
            return status
        }
    }
}
