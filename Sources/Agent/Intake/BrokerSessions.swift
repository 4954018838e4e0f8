import FoundationEssentials
import Logging
import MQTTTransport
import Records
import StrictTOML
import Synchronization

/// Which filters our sessions at brokers have: `sessions` in the folder of the log.
///
/// A broker keeps them under the client id, and goes on gathering for each until somebody unsubscribes it; so what is
/// taken out of the configuration has to be known longer than the process lives.
final class BrokerSessions: Sendable {
    private struct Session: Sendable {
        let address: BrokerAddress
        let clientID: String
        var filters: Set<String>
        /// Whether it was told that no source reads it.
        var isTold = false

        func isOf(_ broker: BrokerConfiguration) -> Bool {
            clientID == broker.clientID && address.isSameListener(as: broker.address)
        }
    }

    /// Sessions that are remembered: of more, those that changed last.
    static let sessionsMax = 100

    private let file: WholeFile
    private let logger: Logger
    /// The one that changed last stands last. Locked while the file is written, so that the last word is the newest.
    private let sessions: Mutex<[Session]>

    /// Reads what is there. What cannot be read is forgotten: it costs that something old stays subscribed.
    init(log path: String, logger: Logger) {
        file = WholeFile(path + "/sessions", sizeMax: .mebibytes(4))
        self.logger = logger
        sessions = Mutex(file.bytes.map(Self.sessions) ?? [])
    }

    /// What is known of the session that a source has at its broker.
    func memory(of broker: BrokerConfiguration) -> Memory { Memory(sessions: self, broker: broker) }

    /// Says once which sessions no source reads: nobody can log in there any more.
    func tellOfStrangers(to sources: [MQTTSourceConfiguration]) {
        sessions.withLock { sessions in
            var isNew = false
            for index in sessions.indices where !sessions[index].isTold {
                guard !sources.contains(where: { sessions[index].isOf($0.broker) }) else { continue }
                sessions[index].isTold = true
                isNew = true
                logger.warning(
                    """
                    \(sessions[index].address) may gather messages for the client id \
                    \(quoted(sessions[index].clientID)), which no source has any more, until that session expires; \
                    `mosquitto_sub -i CLIENT_ID -t x -E` ends it at once
                    """)
            }
            if isNew { write(sessions) }
        }
    }

    private func filters(of broker: BrokerConfiguration) -> Set<String> {
        sessions.withLock { $0.last { $0.isOf(broker) }?.filters ?? [] }
    }

    private func remember(_ filters: Set<String>, of broker: BrokerConfiguration) {
        sessions.withLock { sessions in
            sessions.removeAll { $0.isOf(broker) }
            if !filters.isEmpty {
                sessions.append(Session(address: broker.address, clientID: broker.clientID, filters: filters))
            }
            if sessions.count > Self.sessionsMax { sessions.removeFirst() }
            write(sessions)
        }
    }

    private func write(_ sessions: [Session]) {
        let lines = sessions.map {
            Line(
                broker: "\($0.address)", client: $0.clientID, filters: $0.filters.sorted(),
                told: $0.isTold ? true : nil)
        }
        do {
            try file.replace(with: Array(try JSONEncoder().encode(lines)))
        } catch {
            logger.warning("a filter that is removed later may stay subscribed at its broker: \(error)")
        }
    }

    /// One session as the file has it.
    private struct Line: Codable {
        var broker: String
        var client: String
        var filters: [String]
        var told: Bool?
    }

    private static func sessions(_ bytes: [UInt8]) -> [Session] {
        // As when there is no file.
        let lines = (try? JSONDecoder().decode([Line].self, from: Data(bytes))) ?? []
        return lines.suffix(sessionsMax).compactMap { line in
            // An address of a later version, that this one cannot read, is no source's.
            guard let address = try? BrokerAddress(url: line.broker) else { return nil }
            return Session(
                address: address, clientID: line.client, filters: Set(line.filters), isTold: line.told ?? false)
        }
    }

    /// The session of one source.
    struct Memory: MQTTSubscriptionMemory {
        fileprivate let sessions: BrokerSessions
        fileprivate let broker: BrokerConfiguration

        var filters: Set<String> { sessions.filters(of: broker) }

        func remember(_ filters: Set<String>) { sessions.remember(filters, of: broker) }
    }
}
