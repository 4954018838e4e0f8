import AgentTestKit
import Glibc
import LogStore
import Records

/// A log in a folder of its own, which a test opens, fills, reads, damages and opens again.
final class LogFixture {
    static let central = UplinkName("central")!
    let folder: TemporaryFolder
    let clock = ManualClock()
    var settings: StreamSettings
    var uplinks: [UplinkName: Set<StreamName>] = [central: [.telemetry]]

    init(capacity: ByteCount = .mebibytes(4), overflow: StreamSettings.Overflow = .dropOldest) throws {
        folder = try TemporaryFolder("log", isInMemory: true)
        settings = StreamSettings(capacity: capacity, overflow: overflow)
    }

    var streamPath: String { folder.file("log/streams/telemetry") }

    func open() throws -> RingLog {
        try RingLog(
            LogSettings(
                path: folder.file("log"), gateway: GatewayID("gw")!, streams: [.telemetry: settings],
                uplinks: uplinks),
            clock: clock)
    }

    /// The payload of the record with this number: never the same twice, half of it such as zstd cannot make smaller.
    static func payload(_ number: Int) -> [UInt8] {
        var state = UInt64(number) &* 0x9E37_79B9_7F4A_7C15 | 1
        var noise = ""
        for _ in 0..<5 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            noise += String(state, radix: 36)
        }
        return Array("{\"device\":\"dev-\(number % 100)\",\"count\":\(number),\"noise\":\"\(noise)\"}".utf8)
    }

    /// Commits records `numbers` as one chunk.
    @discardableResult
    func append(_ numbers: Range<Int>, to store: RingLog) -> LogStoreError? {
        var builder = ChunkBuilder(clock: clock.read())
        for number in numbers {
            let topic = Array("sensors/dev-\(number % 100)/reading".utf8)
            let payload = LogFixture.payload(number)
            builder.append(
                topic: topic.span.bytes, payload: payload.span.bytes, bootMilliseconds: clock.bootMilliseconds())
        }
        return store.commit([.telemetry: [builder]])[.telemetry]
    }

    /// Commits records one chunk after another.
    func append(_ numbers: Range<Int>, chunk: Int, to store: RingLog) {
        for start in stride(from: numbers.lowerBound, to: numbers.upperBound, by: chunk) {
            append(start..<min(start + chunk, numbers.upperBound), to: store)
        }
    }

    /// What a reader gives from the uplink's cursor to the end, confirming as it goes.
    func drain(_ store: RingLog, by uplink: UplinkName = central, recordsMax: Int = 500) -> Drained {
        var drained = Drained()
        let reader = store.reader(of: .telemetry)!
        var previous: Position?
        while true {
            let cursor = store.cursor(of: uplink, in: .telemetry)
            let position = cursor.position
            precondition(position != previous, "the cursor stands still at \(position)")
            previous = position
            switch reader.read(
                behind: position, through: cursor.lastOpen(behind: position), recordsMax: recordsMax, bytesMax: 1 << 20)
            {
            case .records(let batch):
                drained.records += batch.records.map { (batch.identity(of: $0), Array($0.payload)) }
                store.confirm(RecordRange(batch), by: uplink, in: .telemetry)
            case .lost(let loss):
                let known = store.describe(loss, for: uplink)
                drained.losses.append(known)
                store.confirm(known, by: uplink)
            case .next(let position):
                store.skip(to: position, by: uplink, in: .telemetry)
            case .upToDate:
                return drained
            }
        }
    }

    struct Drained {
        var records: [(identity: RecordIdentity, payload: [UInt8])] = []
        var losses: [LostRange] = []
        var payloads: [String] { records.map { String(decoding: $0.payload, as: UTF8.self) } }
        var lost: UInt64 { losses.reduce(0) { $0 + $1.count } }
    }

    /// The files that were put aside.
    var quarantined: [String] {
        let names = FileContent.names(in: folder.file("log")) + fileNames()
        return names.filter { $0.contains(".quarantined") }.sorted()
    }

    /// The names of the segment files, in order.
    func segments() -> [String] { fileNames().filter { $0.hasSuffix(".segment") } }

    func fileNames() -> [String] { FileContent.names(in: streamPath) }

    /// A copy of the whole log as a kill would leave it: while the store is open, without closing it.
    func copy() throws -> LogFixture {
        let other = try LogFixture()
        other.settings = settings
        other.uplinks = uplinks
        other.clock.change { $0 = clock.read() }
        FileContent.copyTree(folder.file("log"), to: other.folder.file("log"))
        return other
    }
}

/// Reads, writes and damages whole files.
enum FileContent {
    /// The names in a folder, in order.
    static func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names.filter { $0 != "." && $0 != ".." }.sorted()
    }

    static func read(_ path: String) -> [UInt8] {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = Glibc.read(descriptor, &buffer, buffer.count), count > 0 {
            content += buffer[..<count]
        }
        return content
    }

    static func write(_ content: [UInt8], to path: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        precondition(descriptor >= 0, "cannot write \(path)")
        defer { close(descriptor) }
        precondition(Glibc.write(descriptor, content, content.count) == content.count)
    }

    static func copyTree(_ source: String, to target: String) {
        mkdir(target, 0o700)
        guard let directory = opendir(source) else { return }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            var status = stat()
            lstat("\(source)/\(name)", &status)
            if status.st_mode & S_IFMT == S_IFDIR {
                copyTree("\(source)/\(name)", to: "\(target)/\(name)")
            } else {
                write(read("\(source)/\(name)"), to: "\(target)/\(name)")
            }
        }
    }

    static func flipBit(at offset: Int, of path: String) {
        var content = read(path)
        content[offset] ^= 1 << (offset % 8)
        write(content, to: path)
    }
}
