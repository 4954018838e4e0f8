import Glibc

/// The whole content of a folder at one moment: what a disk holds after a power cut, or held before a run.
public struct FolderImage: Sendable, Equatable {
    /// Every file's content by its path relative to the folder.
    public var files: [String: [UInt8]]
    /// The relative paths of all folders inside, without the folder itself.
    public var folders: Set<String>

    /// An image of these files; every folder that a file is in must be named.
    public init(files: [String: [UInt8]] = [:], folders: Set<String> = []) {
        self.files = files
        self.folders = folders
    }

    /// Reads a folder with all that is in it; an absent folder reads as an empty one.
    ///
    /// Only regular files and folders are taken.
    ///
    /// - Throws: what the system says where a file cannot be read.
    public init(reading folder: String) throws(SystemCallTraceError) {
        self.init()
        var waiting = [""]
        while let relative = waiting.popLast() {
            let path = relative.isEmpty ? folder : folder + "/" + relative
            guard let directory = opendir(path) else {
                if relative.isEmpty, errno == ENOENT { return }
                throw Self.failure("list", path)
            }
            defer { closedir(directory) }
            while let entry = readdir(directory) {
                let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name == "." || name == ".." { continue }
                let inner = relative.isEmpty ? name : relative + "/" + name
                var status = stat()
                guard lstat(folder + "/" + inner, &status) == 0 else { throw Self.failure("look at", inner) }
                switch status.st_mode & S_IFMT {
                case S_IFDIR:
                    folders.insert(inner)
                    waiting.append(inner)
                case S_IFREG: files[inner] = try Self.content(of: folder + "/" + inner, size: Int(status.st_size))
                default: continue
                }
            }
        }
    }

    /// Writes the image into `folder`, which is created where it does not exist; what is in it already stays unless
    /// the image has a file of that name. Hundreds of images go fastest below `/dev/shm`.
    ///
    /// - Throws: what the system says where a file cannot be written.
    public func write(to folder: String) throws(SystemCallTraceError) {
        for relative in [""] + folders.sorted() {
            let path = relative.isEmpty ? folder : folder + "/" + relative
            guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw Self.failure("create", path) }
        }
        for (relative, content) in files {
            let path = folder + "/" + relative
            let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw Self.failure("create", path) }
            defer { close(descriptor) }
            let isWritten = content.withUnsafeBytes { bytes in
                var written = 0
                while written < bytes.count {
                    let count = Glibc.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
                    if count <= 0 { return false }
                    written += count
                }
                return true
            }
            guard isWritten else { throw Self.failure("write", path) }
        }
    }

    private static func content(of path: String, size: Int) throws(SystemCallTraceError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
            while filled < size {
                let count = read(descriptor, buffer.baseAddress! + filled, size - filled)
                if count <= 0 { return }
                filled += count
            }
        }
    }

    private static func failure(_ verb: String, _ path: String) -> SystemCallTraceError {
        SystemCallTraceError(
            code: .fileFailed, message: "could not \(verb) \(path): \(String(cString: strerror(errno)))")
    }
}
