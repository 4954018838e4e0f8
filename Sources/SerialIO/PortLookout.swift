import Glibc
import Synchronization
import Threads

/// Tells which ports a plural name means, as they come and go: `/dev/ttyUSB*`, `auto`.
///
/// It has a thread of its own, which sleeps until a folder of device files changes, and looks again at intervals in
/// case that goes unnoticed.
public final class PortLookout: Sendable {
    private let watch: Watch

    /// A lookout that does nothing until ``start()``.
    ///
    /// - Parameters:
    ///   - rescan: how often it looks without being told of a change.
    ///   - onChange: gets all matches, as paths in order: at the start, and whenever they have changed. Called from the
    ///     lookout's thread.
    /// - Throws: ``SerialPortError`` where the process has no descriptors left.
    public init(
        _ name: PortName, tree: DeviceTree = DeviceTree(), rescan: Duration = .seconds(30),
        onChange: @escaping @Sendable ([String]) -> Void
    ) throws(SerialPortError) {
        guard let wakeup = Wakeup() else {
            throw SerialPortError(.system, "no file descriptors left to look out for \(name); raise LimitNOFILE")
        }
        watch = Watch(name: name, tree: tree, rescan: rescan, wakeup: wakeup, onChange: onChange)
    }

    deinit { watch.requestStop() }

    /// Begins to look. A lookout starts once.
    ///
    /// - Throws: ``SerialPortError`` where the system gives no thread.
    public func start() throws(SerialPortError) {
        let watch = self.watch
        guard OwnThread.start(named: "port-lookout", { watch.run() }) else {
            throw SerialPortError(.system, "the system gives no thread to look out for \(watch.name); raise TasksMax")
        }
    }

    /// Ends the thread. A call that is under way may still be heard.
    public func stop() { watch.requestStop() }

    /// What the thread holds: a lookout that nobody holds ends its thread.
    private final class Watch: Sendable {
        let name: PortName
        private let tree: DeviceTree
        private let rescan: Duration
        private let wakeup: Wakeup
        private let onChange: @Sendable ([String]) -> Void
        private let isStopping = Atomic(false)

        /// Between two looks: udev makes a device file, its links and its group one after the other.
        private static let restingTime = Duration.milliseconds(50)

        init(
            name: PortName, tree: DeviceTree, rescan: Duration, wakeup: Wakeup,
            onChange: @escaping @Sendable ([String]) -> Void
        ) {
            self.name = name
            self.tree = tree
            self.rescan = rescan
            self.wakeup = wakeup
            self.onChange = onChange
        }

        func requestStop() {
            isStopping.store(true, ordering: .releasing)
            wakeup.signal()
        }

        func run() {
            var reported: [String]?
            var watcher = PortWatcher(for: name, in: tree)
            while !isStopping.load(ordering: .acquiring) {
                if watcher?.clear() != true { watcher = PortWatcher(for: name, in: tree) }
                let matches = tree.matches(name)
                if matches != reported { onChange(matches) }
                reported = matches
                // Without a watcher a change shows only at the next look.
                let longest = watcher == nil ? min(rescan, .seconds(2)) : rescan
                guard let descriptor = watcher?.descriptor else {
                    _ = DescriptorWait.wait(wakeup, nil, for: longest)
                    continue
                }
                if DescriptorWait.wait(wakeup, (descriptor, .input), for: longest).isReady {
                    _ = DescriptorWait.wait(wakeup, nil, for: Self.restingTime)
                }
            }
        }
    }
}
