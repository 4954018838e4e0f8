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
        status.lines = lines.withLock { $0 }.map { $0.status(of: name) }
        return status
    }

    /// The devices behind its ports: those that the configuration names, and those that told their own names.
    var deviceStatuses: [DeviceStatus] { lines.withLock { $0 }.flatMap { $0.deviceStatuses(of: name) } }
}

extension SerialLine {
    fileprivate func status(of source: String) -> SerialLineStatus {
        let (state, damage) = receiver.shared.withLock { ($0.state, $0.damage) }
        var status = SerialLineStatus(port: "\(port)", state: state)
        status.counters = counters
        status.damage = damage
        status.devices = receiver.deviceStates(of: source).count
        if let counts = ledger?.current.devices {
            status.requests = counts.reduce(0) { $0 + $1.requests }
            status.timeouts = counts.reduce(0) { $0 + $1.timeouts }
        }
        return status
    }

    fileprivate func deviceStatuses(of source: String) -> [DeviceStatus] {
        let histories = receiver.histories
        let asked = ledger?.current.devices
        return receiver.deviceStates(of: source).map { state in
            var status = DeviceStatus(state, source: "serial.\(source)", port: "\(port)", histories[state.name])
            // Who is asked and does not answer is silent before its time is over.
            if let number = devices.firstIndex(of: state.name), let asked, case .silent = asked[number].state {
                status.state = .silent
            }
            return status
        }
    }
}

extension DeviceStatus {
    /// What is known of a device.
    init(_ state: DeviceState, source: String, port: String?, _ history: ReadingHistory?) {
        let now: State = state.isSilent ? .silent : state.heardMilliseconds == nil ? .unknown : .alive
        self.init(name: state.name, source: source, port: port, profile: state.profile, state: now)
        lastMilliseconds = state.heardMilliseconds
        alarms = state.alarms.filter(\.isOn)
        let series = history?.current ?? []
        readings = state.readings.prefix(ReadingHistory.readingsMax).map { reading in
            let own = series.first { $0.name == reading.name }
            return ReadingStatus(
                reading, bootMilliseconds: own?.lastMilliseconds ?? state.heardMilliseconds ?? 0,
                history: own?.values ?? [])
        }
    }
}
