import Glibc
import Records
import StrictTOML

/// One line of a mosquitto.conf(5) that says something.
struct MosquittoLine: Hashable, Sendable {
    /// The file as it was named.
    let file: String
    /// 1 for the first.
    let number: Int
    /// The first word.
    let key: String
    /// What follows it, without space at its ends.
    let value: String

    /// The words of the value.
    var words: [String] { value.split(whereSeparator: \.isMosquittoSpace).map(String.init) }

    /// Something that is to be said of the line.
    func issue(_ message: String) -> ConfigurationIssue {
        ConfigurationIssue(file: file, line: number, path: key, message: message)
    }
}

/// A mosquitto.conf(5) with the files that its `include_dir` names, as far as lines and words go.
struct MosquittoFile: Sendable {
    let lines: [MosquittoLine]

    private static let sizeMax = ByteCount.mebibytes(1)

    /// - Throws: `ConfigurationError` where a file or a folder cannot be read.
    init(path: String) throws(ConfigurationError) {
        var lines: [MosquittoLine] = []
        for line in try Self.read(path) {
            guard line.key == "include_dir" else {
                lines.append(line)
                continue
            }
            for file in try Self.files(in: line) { lines += try Self.read(file) }
        }
        self.lines = lines
    }

    private static func read(_ path: String) throws(ConfigurationError) -> [MosquittoLine] {
        let contents: FileContents
        do {
            contents = try FileContents(path: path, sizeMax: sizeMax)
        } catch {
            let message = "cannot be read: \(error.reason)"
            throw ConfigurationError(issues: [ConfigurationIssue(file: path, line: nil, path: "", message: message)])
        }
        let text = String(decoding: contents.bytes, as: UTF8.self)
        return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { index, raw in
            let line = raw.drop(while: \.isMosquittoSpace)
            // A comment is a line of its own: elsewhere "#" is a wildcard.
            guard let first = line.first, first != "#" else { return nil }
            let key = line.prefix { !$0.isMosquittoSpace }
            var value = line[key.endIndex...].drop(while: \.isMosquittoSpace)
            while value.last?.isMosquittoSpace == true { value.removeLast() }
            return MosquittoLine(file: path, number: index + 1, key: String(key), value: String(value))
        }
    }

    /// The files ending in `.conf` of a folder, in mosquitto's order.
    private static func files(in line: MosquittoLine) throws(ConfigurationError) -> [String] {
        guard let folder = opendir(line.value) else {
            let reason = String(cString: strerror(errno))
            throw ConfigurationError(issues: [line.issue("cannot open the folder \(line.value): \(reason)")])
        }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".conf") { names.append(name) }
        }
        return names.sorted().map { "\(line.value)/\($0)" }
    }
}

extension MosquittoFile {
    /// Where the broker that this file configures can be reached on this machine: its first listener for MQTT over
    /// plain TCP, else its first with TLS, else what a broker without any listener has.
    var localAddress: BrokerAddress {
        struct Listener {
            var port: UInt16?
            var host: String?
            var isMQTT = true
            var isEncrypted = false
        }
        var listeners = [Listener()]
        for line in lines {
            let words = line.words
            let last = listeners.count - 1
            switch line.key {
            case "port": listeners[0].port = words.first.flatMap(UInt16.init)
            case "bind_address": listeners[0].host = words.first
            case "listener":
                listeners.append(
                    Listener(port: words.first.flatMap(UInt16.init), host: words.count > 1 ? words[1] : nil))
            case "protocol": listeners[last].isMQTT = words.first == "mqtt"
            case "certfile", "psk_hint": listeners[last].isEncrypted = true
            default: break
            }
        }
        // The port 0 stands for a socket in the file system.
        let usable = listeners.filter { $0.isMQTT && ($0.port ?? 0) > 0 }
        let best = usable.first { !$0.isEncrypted } ?? usable.first ?? Listener(port: 1883)
        let isAnywhere = best.host == nil || best.host == "0.0.0.0" || best.host == "::"
        return BrokerAddress(
            host: isAnywhere ? "127.0.0.1" : best.host ?? "", port: best.port ?? 1883, isEncrypted: best.isEncrypted)
    }
}

extension MosquittoFile {
    /// Whether the broker that this file configures asks its clients for a login: mosquitto 2 does as soon as there is
    /// a listener, unless told otherwise. Bridges of its own need none.
    var asksForLogin: Bool {
        let answers = lines.filter { $0.key == "allow_anonymous" }
        guard answers.isEmpty else { return !answers.contains { $0.value == "true" } }
        return lines.contains { $0.key == "listener" || $0.key == "port" }
    }
}

extension Character {
    /// What parts the words of a line.
    var isMosquittoSpace: Bool { self == " " || self == "\t" || self == "\r" }
}
