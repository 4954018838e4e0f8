// swift-tools-version: 6.2
import PackageDescription

// One array for all targets: Swift 6 mode comes from the tools version; a warning is an error everywhere.
let settings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    // SE-0444: a package's own `import Foundation` must not lend us its members, which would link ICU, 45 MB of it.
    .enableUpcomingFeature("MemberImportVisibility"),
]

// Code that walks every byte is optimised in debug builds too: the tests damage and read thousands of logs.
let hotSettings = settings + [.unsafeFlags(["-O"], .when(configuration: .debug))]

let package = Package(
    name: "millrace",
    dependencies: [
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.5.1"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        // These two without their traits, which would reach for all of Foundation and with it ICU.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // C libraries of the system, and small windows onto Linux headers that Swift's Glibc module leaves out.
        // Each is imported by exactly one Swift target.
        .systemLibrary(name: "CMosquitto", pkgConfig: "libmosquitto", providers: [.apt(["libmosquitto-dev"])]),
        .systemLibrary(name: "CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "CTimex"),
        .target(name: "CTermios"),
        // What a browser shows, embedded by the compiler.
        .target(name: "CPage", exclude: ["page"]),

        .target(name: "Records", swiftSettings: hotSettings),
        .target(name: "Threads", swiftSettings: settings),
        .target(
            name: "Compression", dependencies: ["CZlib", "CZstd"], resources: [.embedInCode("Dictionaries")],
            swiftSettings: hotSettings),
        .target(
            name: "StrictTOML", dependencies: ["Records", .product(name: "TOMLKit", package: "TOMLKit")],
            swiftSettings: settings),
        .target(name: "LogStore", dependencies: ["CSQLite", "Compression", "Records"], swiftSettings: hotSettings),
        .target(name: "SerialIO", dependencies: ["CTermios", "Records", "Threads"], swiftSettings: hotSettings),
        .target(
            name: "DeviceProfiles", dependencies: ["Records", "SerialIO", "StrictTOML"], swiftSettings: hotSettings),
        .target(name: "MQTTTransport", dependencies: ["CMosquitto", "Records", "Threads"], swiftSettings: settings),
        .target(
            name: "Uplinks",
            dependencies: [
                "Compression", "MQTTTransport", "Records",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings),
        .target(
            name: "KafkaUplink", dependencies: ["CRdKafka", "Records", "Threads", "Uplinks"], swiftSettings: settings),
        .target(
            name: "Agent",
            dependencies: [
                "CTimex", "DeviceProfiles", "LogStore", "MQTTTransport", "Records", "SerialIO", "StrictTOML", "Threads",
                "Uplinks", .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .target(
            name: "AdminHTTP",
            dependencies: [
                "Agent", "CPage", "Compression", "Records", "Threads",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                // Its core only: a dozen fixed paths need no router.
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "millrace",
            dependencies: [
                "AdminHTTP", "Agent", "CMalloc", "Compression", "DeviceProfiles", "KafkaUplink", "LogStore",
                "MQTTTransport", "Records", "SerialIO", "SimulatedDevices", "Simulation", "StrictTOML", "Threads",
                "Uplinks",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "millrace-bench",
            dependencies: [
                "AdminHTTP", "Agent", "DeviceProfiles", "LogStore", "Records", "SerialIO", "StrictTOML", "Uplinks",
            ],
            path: "Benchmarks",
            exclude: ["README.md", "dictionary/train", "fuzz", "harness", "load", "run.py", "scenarios"],
            swiftSettings: settings),
        .executableTarget(
            name: "millrace-fuzz", dependencies: ["DeviceProfiles", "Records", "SerialIO"], path: "Benchmarks/fuzz",
            swiftSettings: hotSettings),

        // Brokers, pseudo-terminals, lines that break: the world around a gateway, for the demonstration and for tests.
        .target(name: "Simulation", dependencies: ["Threads"], swiftSettings: settings),
        // Devices on pseudo-terminals that speak as a profile says.
        .target(
            name: "SimulatedDevices", dependencies: ["DeviceProfiles", "SerialIO", "Simulation", "Threads"],
            swiftSettings: settings),
        .target(
            name: "AgentTestKit", dependencies: ["MQTTTransport", "Records", "SerialIO", "Simulation", "Threads"],
            swiftSettings: settings),

        .testTarget(
            name: "AdminHTTPTests",
            dependencies: [
                "AdminHTTP", "Agent", "AgentTestKit", "Records", "SerialIO", "Simulation", "Threads", "Uplinks",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .testTarget(name: "AgentTestKitTests", dependencies: ["AgentTestKit", "Records"], swiftSettings: settings),
        .testTarget(
            name: "AgentTests",
            dependencies: [
                "Agent", "AgentTestKit", "DeviceProfiles", "LogStore", "MQTTTransport", "Records", "SerialIO",
                "Simulation", "StrictTOML", "Threads", "Uplinks", .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CommandTests", dependencies: ["AdminHTTP", "Agent", "AgentTestKit", "Records", "millrace"],
            swiftSettings: settings),
        .testTarget(name: "CompressionTests", dependencies: ["Compression", "Simulation"], swiftSettings: settings),
        .testTarget(
            name: "DeviceProfilesTests",
            dependencies: [
                "AgentTestKit", "DeviceProfiles", "Records", "SerialIO", "Simulation", "StrictTOML", "Threads",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "Agent", "AgentTestKit", "DeviceProfiles", "LogStore", "MQTTTransport", "Records", "SerialIO",
                "SimulatedDevices", "Threads", "Uplinks", "millrace",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "KafkaUplinkTests",
            dependencies: ["AgentTestKit", "KafkaUplink", "Records", "Simulation", "Uplinks"],
            exclude: ["Peers"], swiftSettings: settings),
        .testTarget(name: "LogStoreTests", dependencies: ["AgentTestKit", "LogStore"], swiftSettings: settings),
        .testTarget(
            name: "MQTTTransportTests", dependencies: ["AgentTestKit", "MQTTTransport", "Records"],
            swiftSettings: settings),
        .testTarget(name: "RecordsTests", dependencies: ["Records"], swiftSettings: settings),
        .testTarget(
            name: "SerialIOTests", dependencies: ["AgentTestKit", "Records", "SerialIO", "Threads"],
            swiftSettings: settings),
        .testTarget(
            name: "SimulatedDevicesTests",
            dependencies: ["AgentTestKit", "DeviceProfiles", "Records", "SerialIO", "SimulatedDevices"],
            swiftSettings: settings),
        .testTarget(
            name: "StrictTOMLTests", dependencies: ["Records", "Simulation", "StrictTOML"], swiftSettings: settings),
        .testTarget(name: "ThreadsTests", dependencies: ["Threads"], swiftSettings: settings),
        .testTarget(name: "TidyTests", swiftSettings: settings),
        .testTarget(
            name: "UplinksTests",
            dependencies: ["AgentTestKit", "Compression", "MQTTTransport", "Records", "Uplinks"],
            swiftSettings: settings),
    ]
)
