import Records
import Synchronization

/// Another configuration while the log is used.
extension RingLog {
    /// Changes which streams and uplinks there are, and how the streams are kept.
    ///
    /// The files of a stream that is no longer named stay, as does what is known of an uplink: both go on where they
    /// were when they are named again. A stream that becomes smaller lets go of its oldest records as its policy says.
    /// Nobody may append to, or forward, what is taken away.
    ///
    /// - Throws: ``LogStoreError`` where a new stream cannot be opened; then nothing has changed.
    public func change(
        streams settings: [StreamName: StreamSettings], uplinks: [UplinkName: Set<StreamName>]
    ) throws(LogStoreError) {
        let before = layout.withLock { $0 }
        var streams: [StreamName: StreamLog] = [:]
        for (name, stream) in settings {
            do throws(LogStoreError) {
                if let known = before.streams[name] {
                    streams[name] = known
                } else {
                    streams[name] = try open(name, stream)
                }
            } catch {
                for (name, stream) in streams where before.streams[name] == nil { stream.close() }
                throw error
            }
        }
        ledger.withLock { $0.take(uplinks, indexes: streams.mapValues { $0.index }) }
        // What is known of streams that go is saved while they are there. A failure is reported by the next save.
        _ = saveState()
        for (name, stream) in streams { stream.settings = settings[name] ?? stream.settings }
        layout.withLock { $0 = Layout(streams: streams, uplinks: uplinks) }
        for (name, stream) in before.streams where streams[name] == nil { stream.abandon() }
        for (name, stream) in streams where before.streams[name] != nil {
            // Where the policy keeps more than there is room for, the stream takes nothing until it is forwarded.
            makeRoom(in: stream, sizeMax: stream.settings.capacity.rawValue - stream.settings.reserve)
        }
        _ = saveState()
    }

    private func open(_ name: StreamName, _ settings: StreamSettings) throws(LogStoreError) -> StreamLog {
        let remembered = ledger.withLock { $0.remembered(name) }
        return try StreamLog(
            name, settings: settings, in: Folder(path: folder.path(of: "streams")), remembered: remembered)
    }
}
