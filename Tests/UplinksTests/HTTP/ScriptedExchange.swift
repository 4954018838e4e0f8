import Records
import Synchronization

@testable import Uplinks

/// A destination that answers each request as a test says, and remembers what it took.
final class ScriptedExchange: HTTPExchange {
    typealias Script = @Sendable (_ request: HTTPRequest, _ records: [UInt64], _ count: Int) throws -> HTTPResponse

    private let script: Script
    private let seen = Mutex<(requests: [HTTPRequest], taken: [[UInt64]])>(([], []))

    /// - Parameter script: gets a request, the sequence numbers of its records (0 for word of a loss), and how many
    ///   requests came before it.
    init(_ script: @escaping Script = { _, _, _ in .init(status: 202) }) { self.script = script }

    /// All requests, in order.
    var requests: [HTTPRequest] { seen.withLock(\.requests) }
    /// The records of each request that got a 2xx.
    var taken: [[UInt64]] { seen.withLock(\.taken) }

    func send(_ request: HTTPRequest) async throws(ExchangeFailure) -> HTTPResponse {
        let count = seen.withLock { seen in
            seen.requests.append(request)
            return seen.requests.count - 1
        }
        let records = Self.sequences(in: request.body)
        do {
            let response = try script(request, records, count)
            if (200..<300).contains(response.status) { seen.withLock { $0.taken.append(records) } }
            return response
        } catch {
            throw error as? ExchangeFailure ?? ExchangeFailure("\(error)")
        }
    }

    var traffic: LinkTraffic { LinkTraffic() }
    func disconnect() async {}
    func close() async {}

    /// The sequence numbers in a batch of CloudEvents.
    static func sequences(in body: [UInt8]) -> [UInt64] {
        var sequences: [UInt64] = []
        var skimmer = JSONSkimmer(body[...])
        try? skimmer.forEachElement { skimmer in
            var sequence: UInt64 = 0
            try skimmer.forEachMember { skimmer, name in
                let value = try skimmer.value()
                guard String(decoding: name, as: UTF8.self) == "sequence" else { return }
                sequence = UInt64(String(decoding: value.dropFirst().dropLast(), as: UTF8.self)) ?? 0
            }
            sequences.append(sequence)
        }
        return sequences
    }
}

/// A batch form whose verdicts a test can choose.
struct ScriptedForm: RequestForm {
    var limits: RequestLimits
    var key: (@Sendable (Record) -> String)?
    var verdict: (@Sendable (HTTPResponse, Int) -> ResponseVerdict)?
    var problem: (@Sendable (Record) -> String?)?
    private var form: BatchForm

    init(recordsMax: Int = 500, sizeTarget: Int = 1 << 20, sizeMax: Int? = nil) throws {
        limits = RequestLimits(recordsMax: recordsMax, sizeTarget: sizeTarget, sizeMax: sizeMax)
        form = BatchForm(
            url: try URLTemplate("https://centre.example/in"), encoder: CloudEventsEncoder(), limits: limits)
    }

    func sharedKey(of record: Record, of batch: RecordBatch) -> String? { key?(record) }
    func problem(with record: Record, of batch: RecordBatch) -> String? { problem?(record) }
    mutating func request(for records: ArraySlice<Record>, of batch: RecordBatch) -> HTTPRequest {
        form.request(for: records, of: batch)
    }
    mutating func request(for loss: LostRange, of gateway: GatewayID) -> HTTPRequest {
        form.request(for: loss, of: gateway)
    }
    func verdict(on response: HTTPResponse, recordCount: Int) -> ResponseVerdict {
        verdict?(response, recordCount) ?? ResponseVerdict(status: response)
    }
}

/// What a forwarder does with an uplink, as far as the cursor goes: all of the records, once through.
struct Forwarding {
    private(set) var rejected: [UInt64] = []
    private(set) var reasons: [String] = []
    /// Retries, and how many of them were alarms.
    private(set) var retries = 0
    private(set) var alarms = 0
    /// What is not behind the cursor.
    private(set) var left: [Record]

    init(_ records: [Record]) { left = records }

    /// Sends until all is behind the cursor, or until so many retries.
    mutating func run(_ uplink: HTTPUplink, batchMax: Int = 256, retriesMax: Int = 10) async {
        let limit = retries + retriesMax
        while !left.isEmpty, retries < limit {
            switch await uplink.send(Sample.batch(Array(left.prefix(batchMax)))) {
            case .acknowledged(let sequence): left.removeAll { $0.sequence <= sequence }
            case .reject(let sequence, let reason):
                rejected.append(sequence.rawValue)
                reasons.append(reason)
                left.removeAll { $0.sequence <= sequence }
            case .retry(_, let reason, let isAlarm):
                retries += 1
                alarms += isAlarm ? 1 : 0
                reasons.append(reason)
            }
        }
    }
}
