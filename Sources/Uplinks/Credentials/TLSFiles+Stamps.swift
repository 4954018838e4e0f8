import Records

extension TLSFiles {
    /// The states of all files that are named: another value than before means that one was replaced or written.
    public var stamps: [FileStamp?] { paths.map { FileStamp(path: $0) } }

    /// All that are named.
    var paths: [String] { [authorityFile, certificateFile, keyFile].compactMap { $0 } }
}
