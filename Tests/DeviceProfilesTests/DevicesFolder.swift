import DeviceProfiles

/// The folder `devices` of this repository.
enum DevicesFolder {
    /// Where it is.
    static let path: String = {
        var folder = #filePath[...]
        for _ in 0..<3 { folder = folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)] }
        return folder + "/devices"
    }()

    /// Its profiles, and no others.
    static let library = ProfileLibrary(exactly: [path])
    /// Their names.
    static let names = library.entries().map(\.name)
}
