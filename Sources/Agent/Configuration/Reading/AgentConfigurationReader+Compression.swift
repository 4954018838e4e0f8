import Records
import StrictTOML
import Uplinks

/// `compression`, `compression_level` and `dictionary` of an uplink.
extension AgentConfigurationReader {
    private enum Compression: String, CaseIterable { case none, zstd }
    private enum HTTPCompression: String, CaseIterable { case none, gzip, zstd }

    /// Word that stands for the dictionary that comes with the program.
    private static let builtIn = "built-in"

    /// How bodies are compressed; not at all where the key is absent.
    ///
    /// - Parameter knowsGzip: whether gzip is a choice: everywhere in HTTP, and nowhere in MQTT.
    func readCompression(_ table: TableReader, knowsGzip: Bool = false) -> BodyCompression {
        let kind =
            knowsGzip
            ? table.choice("compression", of: HTTPCompression.self) ?? .none
            : table.choice("compression", of: Compression.self) == .zstd ? .zstd : .none
        if kind == .gzip { return readGzip(table) }
        let level = table.integer("compression_level", in: BodyCompression.levels) ?? 1
        let dictionary = table.string("dictionary")
        guard kind == .zstd else {
            for key in ["compression_level", "dictionary"] where table.has(key) {
                table.fail("nothing is compressed; set compression = \"zstd\"", at: key)
            }
            return .none
        }
        switch dictionary {
        case nil: return .zstd(level: level)
        case Self.builtIn: return .withBuiltInDictionary(level: level)
        case let path?: return readDictionary(path, level: level, table) ?? .none
        }
    }

    private func readGzip(_ table: TableReader) -> BodyCompression {
        if table.string("dictionary") != nil {
            table.fail("gzip knows no dictionaries; set compression = \"zstd\"", at: "dictionary")
        }
        return .gzip(level: table.integer("compression_level", in: 1...9) ?? 6)
    }

    private func readDictionary(_ path: String, level: Int, _ table: TableReader) -> BodyCompression? {
        let path = resolved(path)
        do {
            let contents = try FileContents(path: path, sizeMax: .mebibytes(1))
            guard let compression = BodyCompression.withDictionary(contents.bytes, level: level) else {
                table.fail(
                    "\(path) is no zstd dictionary; `zstd --train` makes one, \(quoted(Self.builtIn)) is one",
                    at: "dictionary")
                return nil
            }
            return compression
        } catch {
            table.fail("\(error.description); \(quoted(Self.builtIn)) comes with the program", at: "dictionary")
            return nil
        }
    }
}
