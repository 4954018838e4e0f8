import Records

/// When something came last on each topic that is watched for silence: topics stand for devices of an MQTT source.
struct TopicWatch: Sendable {
    /// One filter that is watched.
    private struct Watched {
        let filter: String
        let silentAfter: Duration
        var topics: [String: Int64] = [:]
    }

    /// Topics of one filter: beyond that somebody invents them, and they are not followed.
    static let topicsMax = 4096

    /// By the number of the route; nil where that is not watched.
    private var watched: [Watched?]
    private let start: Int64

    init(_ routes: [MQTTSourceConfiguration.Route], atMilliseconds now: Int64) {
        watched = routes.map { route in
            route.silentAfter.map { Watched(filter: route.filter, silentAfter: $0) }
        }
        start = now
    }

    /// Notes a message.
    mutating func heard(_ topic: String, route: Int, atMilliseconds now: Int64) {
        guard watched[route] != nil else { return }
        let isRoom = watched[route].map { $0.topics.count < Self.topicsMax || $0.topics[topic] != nil } ?? false
        if isRoom { watched[route]?.topics[topic] = now }
    }

    /// Each topic that was heard, and each filter of which none was.
    func states(source: String, atMilliseconds now: Int64) -> [DeviceState] {
        watched.compactMap(\.self).flatMap { watched in
            func state(_ name: String, _ heard: Int64?) -> DeviceState {
                var state = DeviceState(source: source, name: name)
                state.heardMilliseconds = heard
                state.silentAfter = watched.silentAfter
                state.judgeSilence(listeningSince: start, atMilliseconds: now)
                return state
            }
            guard !watched.topics.isEmpty else { return [state(watched.filter, nil)] }
            return watched.topics.sorted { $0.key < $1.key }.map { state($0.key, $0.value) }
        }
    }
}
