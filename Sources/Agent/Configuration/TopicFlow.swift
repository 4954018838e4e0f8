import MQTTTransport
import Records
import Uplinks

/// The ways that records can take through sources, streams and uplinks and back again, as far as their topics tell.
struct TopicFlow {
    /// What an uplink publishes, a source takes in, and some uplink brings back.
    struct Circle: Hashable {
        enum Kind: Hashable {
            /// The uplink forwards what it has published itself.
            case own
            /// Another uplink takes part, and the mark of ``LoopGuard`` gets lost on the way.
            case unmarked(next: Int)
            /// Another uplink takes part, but the source drops what has passed this gateway.
            case marked
        }

        let kind: Kind
        /// Index of the uplink and of the source.
        let uplink: Int
        let source: Int
        /// The template by which the uplink publishes, whether it is that of a mapping, and the source's filter.
        let template: String
        let isMapped: Bool
        let filter: String
    }

    /// Records that came by one route and are forwarded by one uplink.
    private struct Way {
        let uplink: Int
        let source: Int
        let filter: String
        let topics: TopicPattern
        let publications: [Publication]
    }

    /// What an uplink publishes to: topics that fit all patterns.
    private struct Publication {
        let template: String
        let isMapped: Bool
        let patterns: [TopicPattern]
    }

    /// From a way to one that begins where it publishes.
    private struct Step {
        let from: Int
        let to: Int
        let publication: Publication
    }

    private let sources: [MQTTSourceConfiguration]
    private let uplinks: [UplinkConfiguration]
    private var ways: [Way] = []
    private var steps: [Step] = []
    /// The steps from each way.
    private var next: [[Int]] = []

    /// - Parameter uplinks: only those to brokers matter.
    init(sources: [MQTTSourceConfiguration], uplinks: [UplinkConfiguration], gateway: GatewayID) {
        self.sources = sources
        self.uplinks = uplinks
        for (index, uplink) in uplinks.enumerated() {
            guard let destination = uplink.destination.mqtt else { continue }
            for (sourceIndex, source) in sources.enumerated() {
                for route in source.routes where uplink.streams.contains(route.stream) {
                    let topics = TopicPattern(filter: route.filter)
                    ways.append(
                        Way(
                            uplink: index, source: sourceIndex, filter: route.filter, topics: topics,
                            publications: Self.publications(of: topics, by: destination, gateway: gateway)))
                }
            }
        }
        let isSame = uplinks.map { uplink in
            sources.map { source in
                uplink.destination.mqtt.map { source.broker.address.isSameListener(as: $0.broker.address) } ?? false
            }
        }
        next = Array(repeating: [], count: ways.count)
        for from in ways.indices {
            for to in ways.indices where isSame[ways[from].uplink][ways[to].source] {
                guard let publication = Self.publication(from: ways[from], to: ways[to]) else { continue }
                next[from].append(to)
                steps.append(Step(from: from, to: to, publication: publication))
            }
        }
    }

    /// One for each uplink and source between which there is any, the worst.
    func circles() -> [Circle] {
        var found: [[Int]: Circle] = [:]
        for step in steps {
            let (from, to) = (ways[step.from], ways[step.to])
            guard let kind = kind(of: step) else { continue }
            let key = [from.uplink, to.source]
            if let known = found[key], known.kind.severity >= kind.severity { continue }
            found[key] = Circle(
                kind: kind, uplink: from.uplink, source: to.source, template: step.publication.template,
                isMapped: step.publication.isMapped, filter: to.filter)
        }
        return found.values.sorted { ($0.uplink, $0.source) < ($1.uplink, $1.source) }
    }

    /// Nil where the step is on no circle.
    private func kind(of step: Step) -> Circle.Kind? {
        let uplink = ways[step.from].uplink
        if reaches(step.from, from: step.to, where: { ways[$0].uplink == uplink }) { return .own }
        guard reaches(step.from, from: step.to, where: { _ in true }) else { return nil }
        let isMarked =
            uplinks[uplink].destination.mqtt?.broker.version == .v5
            && sources[ways[step.to].source].broker.version == .v5
        return isMarked ? .marked : .unmarked(next: ways[step.to].uplink)
    }

    private func reaches(_ goal: Int, from start: Int, where isAllowed: (Int) -> Bool) -> Bool {
        guard isAllowed(start) else { return false }
        var seen: Set<Int> = [start]
        var open = [start]
        while let way = open.popLast() {
            if way == goal { return true }
            for other in next[way] where isAllowed(other) && seen.insert(other).inserted { open.append(other) }
        }
        return false
    }

    /// How what one way publishes can come in by another, on one broker; nil where it cannot.
    private static func publication(from: Way, to: Way) -> Publication? {
        from.publications.first { $0.patterns.allSatisfy(to.topics.meets) }
    }

    private static func publications(
        of topics: TopicPattern, by destination: MQTTDestination, gateway: GatewayID
    ) -> [Publication] {
        if let sparkplug = destination.sparkplug {
            let pattern = TopicPattern(levels: [.literal("spBv1.0"), .literal(sparkplug.group), .rest])
            return [Publication(template: "spBv1.0/\(sparkplug.group)/...", isMapped: false, patterns: [pattern])]
        }
        func pattern(_ template: String, _ topics: TopicPattern) -> TopicPattern {
            TopicPattern(template: template, gateway: gateway, topic: topics)
        }
        var result: [Publication] = []
        for mapping in destination.mappings {
            let filter = TopicPattern(filter: mapping.filter.text)
            guard filter.meets(topics), topics.meets(filter) else { continue }
            let template = mapping.topic.description
            for left in topics.removing(prefix: mapping.removedPrefix) {
                for right in filter.removing(prefix: mapping.removedPrefix) {
                    result.append(
                        Publication(
                            template: template, isMapped: true,
                            patterns: [pattern(template, left), pattern(template, right)]))
                }
            }
            // The first mapping that takes a record counts.
            if filter.covers(topics) { return result }
        }
        result.append(
            Publication(template: destination.topic, isMapped: false, patterns: [pattern(destination.topic, topics)]))
        return result
    }
}

extension TopicFlow.Circle.Kind {
    fileprivate var severity: Int {
        switch self {
        case .own: 2
        case .unmarked: 1
        case .marked: 0
        }
    }
}
