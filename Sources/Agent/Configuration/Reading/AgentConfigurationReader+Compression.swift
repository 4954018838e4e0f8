import Records
import StrictTOML
import Uplinks

/// `compression`, `compression_level` and `dictionary` of an uplink.
extension AgentConfigurationReader {
    private enum Compression: String, CaseIterable { case none, zstd }

    /// Word that stands for the dictionary that comes with the program.
    private static let builtIn = "built-in"

    /// How bodies are compressed; not at all where the key is absent.
    func readCompression(_ table: TableReader) -> BodyCompression {
        let kind = table.choice("compression", of: Compression.self) ?? .none
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
