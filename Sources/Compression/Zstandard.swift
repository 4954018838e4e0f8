import CZstd

/// What the compression library could not do.
public struct CompressionError: Error, CustomStringConvertible {
    /// The library's own words.
    public let message: String
    /// The library's words, with its name in front.
    public var description: String { "zstd: \(message)" }
}

/// The version of the zstd library in use, such as `1.5.4`.
public var zstandardVersion: String { String(cString: ZSTD_versionString()) }

/// Zstandard compression (RFC 8878) with one reused context. Not for use from two threads at once.
public final class ZstandardCompressor {
    /// Levels that ``init(level:sizeMax:dictionary:)`` takes.
    public static let levels = 1...19

    private let context: OpaquePointer

    /// - Parameters:
    ///   - level: 1 (the fastest of the standard levels, and the default) to 19.
    ///   - sizeMax: bytes of the largest input; the context's tables are cut to it, 20 to 400 KiB instead of megabytes.
    ///   - dictionary: what inputs are compressed against; frames name it by its number.
    public init(level: Int = 1, sizeMax: Int, dictionary: ZstandardDictionary? = nil) {
        precondition(Self.levels.contains(level), "the levels of zstd are 1 to 19")
        guard let context = ZSTD_createCCtx() else { fatalError("zstd: no memory for a compression context") }
        self.context = context
        var windowLog = 10
        while windowLog < 17, 1 << windowLog < sizeMax { windowLog += 1 }
        set(ZSTD_c_compressionLevel, Int32(level))
        set(ZSTD_c_windowLog, Int32(windowLog))
        // The chunk has its own checksum, and a reader that needs the content size takes it from the frame.
        set(ZSTD_c_checksumFlag, 0)
        set(ZSTD_c_contentSizeFlag, 1)
        if let dictionary {
            let code = ZSTD_CCtx_loadDictionary(context, dictionary.bytes, dictionary.bytes.count)
            precondition(ZSTD_isError(code) == 0, "a dictionary that was looked at can be loaded")
        }
    }

    deinit { ZSTD_freeCCtx(context) }

    /// Appends the compressed form of `input`, one frame, to `output`.
    public func compress(_ input: RawSpan, appendingTo output: inout [UInt8]) {
        let start = output.count
        let bound = ZSTD_compressBound(input.byteCount)
        output.append(contentsOf: repeatElement(0, count: bound))
        let size = output.withUnsafeMutableBytes { target in
            input.withUnsafeBytes { source in
                ZSTD_compress2(context, target.baseAddress! + start, bound, source.baseAddress, source.count)
            }
        }
        precondition(ZSTD_isError(size) == 0, "zstd cannot fail with a target of compressBound bytes")
        output.removeLast(bound - size)
    }

    private func set(_ parameter: ZSTD_cParameter, _ value: Int32) {
        let code = ZSTD_CCtx_setParameter(context, parameter, value)
        precondition(ZSTD_isError(code) == 0, "zstd refused a constant parameter")
    }
}

/// Zstandard decompression with one reused context. Not for use from two threads at once.
public final class ZstandardDecompressor {
    private let context: OpaquePointer

    /// A decompressor with a context of its own.
    public init() {
        guard let context = ZSTD_createDCtx() else { fatalError("zstd: no memory for a decompression context") }
        self.context = context
    }

    deinit { ZSTD_freeDCtx(context) }

    /// The content of one frame.
    ///
    /// - Parameters:
    ///   - sizeMax: bytes that the content may have; a frame that says more is refused before memory is taken.
    ///   - dictionaries: those that a frame may name.
    /// - Throws: where the frame is damaged, truncated, does not say its size, is too large, or names a dictionary that
    ///   is not there.
    public func decompress(
        _ input: RawSpan, sizeMax: Int, dictionaries: [ZstandardDictionary] = []
    ) throws(CompressionError) -> [UInt8] {
        let (declared, number) = input.withUnsafeBytes {
            (
                ZSTD_getFrameContentSize($0.baseAddress, $0.count),
                ZSTD_getDictID_fromFrame($0.baseAddress, $0.count)
            )
        }
        guard declared <= UInt64(sizeMax) else {
            throw CompressionError(message: "the frame is damaged, or larger than \(sizeMax) bytes")
        }
        let dictionary = number == 0 ? nil : dictionaries.first { $0.number == number }
        guard number == 0 || dictionary != nil else {
            throw CompressionError(message: "the frame needs dictionary \(number), which is not there")
        }
        let prefix = dictionary?.bytes ?? []
        var code = 0
        let output = [UInt8](unsafeUninitializedCapacity: Int(declared)) { target, count in
            code = input.withUnsafeBytes { source in
                ZSTD_decompress_usingDict(
                    context, target.baseAddress, target.count, source.baseAddress, source.count, prefix, prefix.count)
            }
            count = ZSTD_isError(code) == 0 ? code : 0
        }
        guard ZSTD_isError(code) == 0 else {
            throw CompressionError(message: String(cString: ZSTD_getErrorName(code)))
        }
        return output
    }
}
