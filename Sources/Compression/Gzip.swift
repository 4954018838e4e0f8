import CZlib

/// Gzip compression (RFC 1952) with one reused state. Not for use from two threads at once.
public final class GzipCompressor {
    // On the heap, at one address: zlib keeps a pointer back to it.
    private let stream: UnsafeMutablePointer<z_stream>

    /// - Parameter level: 1 (the fastest, and the default) to 9.
    public init(level: Int = 1) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 16 more than the window's 15 bits asks for the gzip wrapping; 8 is zlib's default for memory.
        let code = deflateInit2_(
            stream, Int32(level), Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard code == Z_OK else { fatalError("zlib: no memory for a compression state, or another version of it") }
    }

    deinit {
        deflateEnd(stream)
        stream.deinitialize(count: 1)
        stream.deallocate()
    }

    /// Appends the compressed form of `input`, one gzip member, to `output`.
    public func compress(_ input: RawSpan, appendingTo output: inout [UInt8]) {
        precondition(deflateReset(stream) == Z_OK, "a state that is initialised can be reset")
        let start = output.count
        let bound = Int(deflateBound(stream, UInt(input.byteCount)))
        output.append(contentsOf: repeatElement(0, count: bound))
        let code = output.withUnsafeMutableBytes { target in
            input.withUnsafeBytes { source in
                // zlib does not write to its input; its interface is older than `const`.
                stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: source.bindMemory(to: UInt8.self).baseAddress)
                stream.pointee.avail_in = UInt32(source.count)
                stream.pointee.next_out = (target.baseAddress! + start).assumingMemoryBound(to: UInt8.self)
                stream.pointee.avail_out = UInt32(bound)
                return deflate(stream, Z_FINISH)
            }
        }
        precondition(code == Z_STREAM_END, "zlib cannot fail with a target of deflateBound bytes")
        output.removeLast(Int(stream.pointee.avail_out))
    }
}
