import Agent
import Glibc
import Records
import Simulation

/// Measures how long the medium below a folder takes to make bytes durable.
struct DiskProbe: Sendable {
    /// Flushes of one page each, in the order of their length, seconds.
    private(set) var flushes: [Double] = []
    /// The same with `O_DIRECT | O_DSYNC`, past the page cache; empty where the file system has no such writes.
    private(set) var directWrites: [Double] = []
    /// Bytes in a second that were written and flushed in one go.
    private(set) var rate: Double = 0

    private static let pageSize = 4096
    /// open(2); Glibc's Swift module leaves it out.
    #if arch(arm64) || arch(arm)
        private static let pastTheCache: Int32 = 0o200000
    #else
        private static let pastTheCache: Int32 = 0o40000
    #endif
    private static let flushesMax = 300
    private static let directMax = 60
    /// Enough to outlast the few mebibytes that a controller takes into its own memory.
    private static let sizeOfRun = 16 << 20

    /// No measurement, but numbers from elsewhere.
    init(flushes: [Double], directWrites: [Double], rate: Double) {
        self.flushes = flushes.sorted()
        self.directWrites = directWrites.sorted()
        self.rate = rate
    }

    /// Measures in a file of its own, which is removed again; takes some seconds. Blocks.
    ///
    /// - Throws: `SimulationError` where the folder cannot be written to.
    init(in folder: String) throws {
        let place = try TemporaryFolder("selftest", below: folder)
        let path = place.file("pages")
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SimulationError("cannot write \(path)", errno: errno) }
        defer { close(descriptor) }
        // Random, so that no controller packs them.
        var run = [UInt8](repeating: 0, count: Self.sizeOfRun)
        var random = SystemRandomNumberGenerator()
        run.withUnsafeMutableBytes { bytes in
            for offset in stride(from: 0, to: bytes.count, by: 8) {
                bytes.storeBytes(of: random.next(), toByteOffset: offset, as: UInt64.self)
            }
        }
        let began = ContinuousClock.now
        guard writeAll(run, to: descriptor), fdatasync(descriptor) == 0 else {
            throw SimulationError("cannot write and flush \(path)", errno: errno)
        }
        rate = Double(Self.sizeOfRun) / max(1e-6, Self.seconds(since: began))
        // The blocks are there now: what follows needs one write and one flush, and nothing of the file system's own.
        flushes = try Self.measure(Self.flushesMax, path) { index in
            let page = index % (Self.sizeOfRun / Self.pageSize) * Self.pageSize
            return run.withUnsafeBytes { bytes in
                pwrite(descriptor, bytes.baseAddress! + Self.sizeOfRun - Self.pageSize - page, Self.pageSize, page)
                    == Self.pageSize && fdatasync(descriptor) == 0
            }
        }
        directWrites = Self.measureDirect(path)
    }

    /// The time that so many per cent of the flushes took at most, seconds.
    func flush(percentile: Int) -> Double { Self.value(of: flushes, percentile: percentile) }

    /// The median of the direct writes, seconds; nil where there were none.
    var directMedian: Double? { directWrites.isEmpty ? nil : Self.value(of: directWrites, percentile: 50) }

    private static func value(of sorted: [Double], percentile: Int) -> Double {
        guard !sorted.isEmpty else { return 0 }
        return sorted[min(sorted.count - 1, sorted.count * percentile / 100)]
    }

    /// Does it until it was done often enough, or two seconds are over.
    private static func measure(_ count: Int, _ path: String, _ body: (Int) -> Bool) throws -> [Double] {
        var times: [Double] = []
        let end = ContinuousClock.now + .seconds(2)
        while times.count < count, times.count < 20 || ContinuousClock.now < end {
            let began = ContinuousClock.now
            guard body(times.count) else { throw SimulationError("cannot write and flush \(path)", errno: errno) }
            times.append(seconds(since: began))
        }
        return times.sorted()
    }

    private static func measureDirect(_ path: String) -> [Double] {
        let descriptor = open(path, O_WRONLY | pastTheCache | O_DSYNC | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        let page = UnsafeMutableRawPointer.allocate(byteCount: pageSize, alignment: pageSize)
        defer { page.deallocate() }
        page.initializeMemory(as: UInt8.self, repeating: 0x5A, count: pageSize)
        // A file system without direct writes says so at the first one: there is nothing to compare with then.
        let times = try? measure(directMax, path) { index in
            pwrite(descriptor, page, pageSize, index % 64 * pageSize) == pageSize
        }
        return times ?? []
    }

    private static func seconds(since moment: ContinuousClock.Instant) -> Double {
        (ContinuousClock.now - moment) / .seconds(1)
    }
}
