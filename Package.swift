// swift-tools-version: 6.2
import PackageDescription

// One array for all targets: Swift 6 mode comes from the tools version; a warning is an error everywhere.
let settings: [SwiftSetting] = [
    .treatAllWarnings(as: .error)
]

let package = Package(
    name: "millrace",
    dependencies: [
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // C libraries of the system, and small windows onto Linux headers that Swift's Glibc module leaves out.
        // Each is imported by exactly one Swift target.
        .systemLibrary(name: "CMosquitto", pkgConfig: "libmosquitto", providers: [.apt(["libmosquitto-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .target(name: "CTermios"),

        .target(name: "Records", swiftSettings: settings),
        .target(name: "Threads", swiftSettings: settings),
        .target(name: "MQTTTransport", dependencies: ["CMosquitto", "Records", "Threads"], swiftSettings: settings),
        .target(name: "SerialIO", dependencies: ["CTermios", "Records", "Threads"], swiftSettings: settings),
        .target(name: "DeviceProfiles", dependencies: ["Records", "SerialIO"], swiftSettings: settings),

        .target(
            name: "StrictTOML", dependencies: ["Records", .product(name: "TOMLKit", package: "TOMLKit")],
            swiftSettings: settings),
        .target(name: "Compression", dependencies: ["CZstd"], swiftSettings: settings),
        .target(name: "Uplinks", dependencies: ["Compression", "MQTTTransport", "Records"], swiftSettings: settings),

        .target(
            name: "AgentTestKit", dependencies: ["Records", "Threads", "SerialIO", "MQTTTransport"],
            swiftSettings: settings),

        .testTarget(name: "CompressionTests", dependencies: ["Compression"], swiftSettings: settings),
        .testTarget(
            name: "DeviceProfilesTests", dependencies: ["DeviceProfiles", "Records"], swiftSettings: settings),
        .testTarget(name: "RecordsTests", dependencies: ["Records"], swiftSettings: settings),
        .testTarget(
            name: "SerialIOTests", dependencies: ["AgentTestKit", "Records", "SerialIO", "Threads"],
            swiftSettings: settings),
    ]
)
