import CZstd

/// A dictionary (RFC 8878, section 5): what small inputs are compressed against. Whoever decompresses them needs the
/// same one; a frame names it by its number.
public struct ZstandardDictionary: Hashable, Sendable {
    /// The file's content.
    public let bytes: [UInt8]
    /// What frames call it; never 0.
    public let number: UInt32

    /// Nil where the bytes are no dictionary with a number, such as `zstd --train` makes it.
    public init?(reading bytes: [UInt8]) {
        let number = ZSTD_getDictID_fromDict(bytes, bytes.count)
        // The number alone proves nothing: the tables behind it are looked at by loading them.
        guard number != 0, let loaded = ZSTD_createDDict(bytes, bytes.count) else {
            return nil
        }
        ZSTD_freeDDict(loaded)
        self.bytes = bytes
        self.number = number
    }

    private init(unchecked bytes: [UInt8]) {
        self.bytes = bytes
        number = ZSTD_getDictID_fromDict(bytes, bytes.count)
    }

    /// The one that comes with the program: trained on what sensors say in the formats of Millrace. Its number says its
    /// version: what was compressed with it can be read for as long as somebody keeps that version.
    public static let builtIn = ZstandardDictionary(unchecked: PackageResources.millrace_1_zdict)
}
