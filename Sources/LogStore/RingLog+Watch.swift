import Records
import Synchronization

/// For whoever looks every second: less than ``RingLog/statistics()``, and cheaper.
extension RingLog {
    /// What an uplink has lost of a stream, told upstream or not.
    public struct Loss: Sendable {
        /// The uplink.
        public let uplink: UplinkName
        /// The stream.
        public let stream: StreamName
        /// Records so far.
        public let records: UInt64
        /// The newest range; nil where none is remembered.
        public let newest: LostRange?

        /// A loss as it is known.
        public init(uplink: UplinkName, stream: StreamName, records: UInt64, newest: LostRange?) {
            self.uplink = uplink
            self.stream = stream
            self.records = records
            self.newest = newest
        }
    }

    /// What each uplink has lost of each of its streams.
    public func losses() -> [Loss] {
        let layout = layout.withLock { $0 }
        return ledger.withLock { ledger in
            layout.uplinks.flatMap { uplink, names in
                names.compactMap { name in
                    guard let index = layout.streams[name]?.index else { return nil }
                    let numbers = LogStatistics.Uplink(ledger.progress(of: uplink, in: name), index: index)
                    return Loss(
                        uplink: uplink, stream: name, records: numbers.lost, newest: numbers.lostRanges.last)
                }
            }
        }
    }

    /// Bytes that the streams may still grow by before they begin to overwrite.
    public var growthMax: ByteCount {
        .bytes(streams.values.reduce(0) { $0 + max(0, $1.settings.capacity.rawValue - $1.index.size) })
    }
}
