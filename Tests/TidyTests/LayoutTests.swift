import Testing

/// The shape of the house, as docs/ARCHITECTURE.md draws it, and who may know whom.
@Suite struct LayoutTests {
    /// What each target may import of the repository. An arrow that is not here is a decision: first a page in
    /// docs/decisions, then a word in this table.
    private static let mayImport: [String: Set<Substring>] = [
        "Records": [],
        "Threads": [],
        "Compression": ["CZlib", "CZstd"],
        "StrictTOML": ["Records"],
        "LogStore": ["CSQLite", "Compression", "Records", "Threads"],
        "SerialIO": ["CTermios", "Records", "Threads"],
        "DeviceProfiles": ["Records", "SerialIO", "StrictTOML"],
        "MQTTTransport": ["CMosquitto", "Records", "Threads"],
        "Uplinks": ["Compression", "MQTTTransport", "Records"],
        "KafkaUplink": ["CRdKafka", "Records", "Threads", "Uplinks"],
        "Agent": [
            "CTimex", "DeviceProfiles", "LogStore", "MQTTTransport", "Records", "SerialIO", "StrictTOML", "Threads",
            "Uplinks",
        ],
        "AdminHTTP": ["Agent", "CPage", "Records", "Threads"],
        "Simulation": ["Threads"],
        "SimulatedDevices": ["DeviceProfiles", "SerialIO", "Simulation", "Threads"],
        "AgentTestKit": [
            "Agent", "LogStore", "MQTTTransport", "Records", "SerialIO", "Simulation", "Threads", "Uplinks",
        ],
    ]

    /// The commands put the parts together, so they may know them all.
    private static let commands: Set<String> = ["millrace", "millrace-bench"]

    /// Packages that one place hides from the rest.
    private static let onlyImportedBy: [Substring: Set<String>] = [
        "TOMLKit": ["StrictTOML"],
        "ArgumentParser": commands,
    ]

    /// Targets that another target's tests execute, and whose.
    private static let testedElsewhere: [String: String] = [
        "AgentTestKit": "by every test that uses it",
        "Simulation": "by every test that stands on a broker, a line or a process of its own",
        "millrace": "IntegrationTests run it as a process",
        "millrace-bench": "Benchmarks run it and check its sums",
    ]

    private let repository = Repository.current

    @Test func `nothing stands at the top level but what the design names`() throws {
        let ignored = try #require(repository.files.first { $0.path == ".gitignore" }).lines.filter { !$0.isEmpty }
        let strays = repository.topLevelNames.filter { name in
            name != ".git" && !Repository.topLevel.contains(name) && !ignored.contains { $0.ignores(name) }
        }
        expectNone(strays, "put it into one of the folders that are there, or name it in Repository.topLevel")
    }

    @Test func `every target has its own tests`() {
        let untested = repository.swiftTargets.filter {
            Self.testedElsewhere[$0] == nil && !repository.contains("Tests/\($0)Tests")
        }
        expectNone(untested, "write Tests/<Target>Tests, or name in this file who tests it")
    }

    @Test func `imports point one way`() {
        let targets = Set(repository.targets.map { Substring($0) })
        let wrong = importers.flatMap { target, modules -> [String] in
            if Self.commands.contains(target) { return [] }
            guard let allowed = Self.mayImport[target] else { return ["\(target) is not in the table"] }
            return modules.intersection(targets).subtracting(allowed).map { "\(target) imports \($0)" }
        }
        expectNone(wrong, "turn the dependency round, or pass a value or a closure in")
    }

    @Test func `each C module and each hidden package is imported in one place`() {
        let importers = importers
        let swiftTargets = Set(repository.swiftTargets)
        let shared = repository.targets.filter { !swiftTargets.contains($0) }.compactMap { module in
            let users = importers.filter { $0.value.contains(Substring(module)) }.keys.sorted()
            return users.count > 1 ? "\(module) by \(users.joined(separator: ", "))" : nil
        }
        let leaked = Self.onlyImportedBy.flatMap { module, allowed in
            importers.filter { $0.value.contains(module) && !allowed.contains($0.key) }.map { "\(module) by \($0.key)" }
        }
        expectNone(shared + leaked, "ask the module that hides it")
    }

    @Test func `no source reaches for the whole of Foundation`() {
        let found = repository.swiftSources.filter { $0.code.imports.contains("Foundation") }.map(\.path)
        expectNone(found, "import FoundationEssentials: the rest links ICU into the binary")
    }

    @Test func `no type has the name of its module`() {
        let found = repository.swiftSources.filter { $0.code.typeNames.contains(Substring($0.target)) }
        expectNone(found.map(\.path), "`Module.Type` becomes unresolvable: rename the type")
    }

    /// What the Swift files of each target import.
    private var importers: [String: Set<Substring>] {
        repository.swiftSources.reduce(into: [:]) { $0[$1.target, default: []].formUnion($1.code.imports) }
    }
}

extension Substring {
    /// Whether this line of .gitignore, of the simple kind that ours are, names an entry of the top level.
    fileprivate func ignores(_ name: String) -> Bool {
        let pattern = hasPrefix("/") ? dropFirst() : self
        guard let star = pattern.firstIndex(of: "*") else { return pattern == name }
        return name.hasPrefix(pattern[..<star]) && name.hasSuffix(pattern[pattern.index(after: star)...])
    }
}
