import Records
import Synchronization
import Testing

@testable import Uplinks

@Suite struct HTTPUplinkTests {
    private func uplink(
        _ exchange: ScriptedExchange, _ form: ScriptedForm? = nil, signer: any RequestSigner = NoSigner()
    ) throws -> HTTPUplink {
        HTTPUplink(
            gateway: Sample.gateway, form: try form ?? ScriptedForm(recordsMax: 50), signer: signer, exchange: exchange,
            clock: StandingClock())
    }

    @Test func `a batch that is taken is acknowledged to its last record, in order`() async throws {
        let exchange = ScriptedExchange()
        let outcome = await (try uplink(exchange)).send(Sample.batch(count: 180))
        #expect(outcome == .acknowledged(through: SequenceNumber(180)))
        #expect(exchange.taken.map(\.count) == [50, 50, 50, 30])
        #expect(exchange.taken.flatMap { $0 } == Array(1...180))
    }

    @Test func `P2 what was confirmed counts, and why it stopped is the next answer, without another request`()
        async throws
    {
        let exchange = ScriptedExchange { _, _, count in
            count < 2 ? HTTPResponse(status: 204) : HTTPResponse(status: 429, fields: ["Retry-After": "7"])
        }
        let uplink = try uplink(exchange)
        #expect(await uplink.send(Sample.batch(count: 180)) == .acknowledged(through: SequenceNumber(100)))
        let rest = Sample.batch(Array(Sample.batch(count: 180).records[100...]))
        let answer = DeliveryOutcome.retry(
            after: .seconds(7), reason: "HTTP 429 Too Many Requests", isAlarm: false)
        #expect(await uplink.send(rest) == answer)
        #expect(exchange.requests.count == 3)
        #expect(await uplink.send(rest) == answer)
        #expect(exchange.requests.count == 4)
    }

    @Test(arguments: [401, 403, 404, 402, 405, 407, 410, 415, 302, 308, 501, 511])
    func `what a person must mend is an alarm, rejects nothing, and then all is delivered`(status: Int) async throws {
        let isMended = Mutex(false)
        let exchange = ScriptedExchange { _, _, _ in HTTPResponse(status: isMended.withLock { $0 } ? 200 : status) }
        let uplink = try uplink(exchange)
        var forwarding = Forwarding(Sample.batch(count: 300).records)
        // An hour of attempts, one a minute.
        await forwarding.run(uplink, retriesMax: 60)
        #expect(forwarding.alarms == 60)
        #expect(forwarding.left.count == 300)
        isMended.withLock { $0 = true }
        await forwarding.run(uplink)
        #expect(forwarding.rejected.isEmpty)
        #expect(exchange.taken.flatMap { $0 } == Array(1...300))
    }

    @Test(arguments: [408, 409, 421, 425, 429, 500, 502, 503, 504, 507, 599])
    func `what passes by itself is a retry without an alarm`(status: Int) async throws {
        let exchange = ScriptedExchange { _, _, _ in HTTPResponse(status: status) }
        guard case .retry(nil, _, false) = await (try uplink(exchange)).send(Sample.batch(count: 3)) else {
            Issue.record("\(status) must be a retry")
            return
        }
    }

    @Test(arguments: [400, 422], [1, 137, 300])
    func `P8 only the poison record is rejected, and the others arrive once and in order`(
        status: Int, poison: UInt64
    ) async throws {
        let exchange = ScriptedExchange { _, records, _ in
            records.contains(poison)
                ? HTTPResponse(status: status, body: Array("no\r\n such   unit".utf8)) : HTTPResponse(status: 200)
        }
        var forwarding = Forwarding(Sample.batch(count: 300).records)
        await forwarding.run(try uplink(exchange))
        #expect(forwarding.rejected == [poison])
        #expect(forwarding.reasons.last?.hasSuffix(": no such unit") == true)
        #expect(exchange.taken.flatMap { $0 } == (1...300).filter { $0 != poison })
        // A hunt by halves asks for a request of 50 no more than some ten times.
        #expect(exchange.requests.count < 25)
    }

    @Test func `requests shrink for a destination that takes only small ones, down to the record that is too large`()
        async throws
    {
        let exchange = ScriptedExchange { request, records, _ in
            HTTPResponse(status: request.body.count > 5000 || records.contains(77) ? 413 : 200)
        }
        var forwarding = Forwarding(Sample.batch(count: 100).records)
        await forwarding.run(try uplink(exchange))
        #expect(forwarding.rejected == [77])
        #expect(exchange.taken.flatMap { $0 } == (1...100).filter { $0 != 77 })
    }

    @Test func `a body larger than the destination takes is not sent`() async throws {
        let exchange = ScriptedExchange()
        var form = try ScriptedForm(recordsMax: 500, sizeTarget: 1 << 20, sizeMax: 4000)
        form.problem = { $0.sequence == SequenceNumber(3) ? "it has no key" : nil }
        var records = Sample.batch(count: 60).records
        records[40] = Sample.record(41, payload: [UInt8](repeating: UInt8(ascii: "7"), count: 5000))
        var forwarding = Forwarding(records)
        await forwarding.run(try uplink(exchange, form))
        #expect(forwarding.rejected == [3, 41])
        #expect(forwarding.reasons.first == "it has no key")
        #expect(exchange.requests.allSatisfy { $0.body.count <= 4000 })
        #expect(exchange.taken.flatMap { $0 } == (1...60).filter { $0 != 3 && $0 != 41 })
    }

    @Test func `a destination that refuses every record is at fault, and nothing is rejected`() async throws {
        let isMended = Mutex(false)
        let exchange = ScriptedExchange { _, _, _ in HTTPResponse(status: isMended.withLock { $0 } ? 200 : 400) }
        let uplink = try uplink(exchange)
        var forwarding = Forwarding(Sample.batch(count: 600).records)
        await forwarding.run(uplink, retriesMax: 20)
        #expect(forwarding.rejected.isEmpty)
        #expect(forwarding.alarms == 20)
        #expect(forwarding.reasons.last?.contains("refuses every record") == true)
        isMended.withLock { $0 = true }
        await forwarding.run(uplink)
        #expect(forwarding.rejected.isEmpty)
        #expect(exchange.taken.flatMap { $0 } == Array(1...600))
    }

    @Test func `when a destination begins to refuse everything, few records are rejected for it`() async throws {
        let isBroken = Mutex(false)
        let exchange = ScriptedExchange { _, _, _ in HTTPResponse(status: isBroken.withLock { $0 } ? 400 : 200) }
        let uplink = try uplink(exchange)
        _ = await uplink.send(Sample.batch(count: 10))
        isBroken.withLock { $0 = true }
        var forwarding = Forwarding(Array(Sample.batch(count: 700).records[10...]))
        await forwarding.run(uplink, retriesMax: 20)
        #expect(forwarding.rejected.count <= DestinationTrust.refusalsMax)
        #expect(forwarding.alarms == 20)
    }

    @Test func `P8 many poison records in a row do not hold up those behind them`() async throws {
        let exchange = ScriptedExchange { _, records, _ in
            HTTPResponse(status: records.contains { (5...150).contains($0) } ? 400 : 200)
        }
        var forwarding = Forwarding(Sample.batch(count: 200).records)
        await forwarding.run(try uplink(exchange))
        #expect(forwarding.rejected == Array(5...150))
        #expect(exchange.taken.flatMap { $0 }.sorted() == Array(1...4) + Array(151...200))
    }

    @Test func `records of a partial failure are sent again alone, in order, before anything new, and none twice`()
        async throws
    {
        let attempts = Mutex<[UInt64: Int]>([:])
        let exchange = ScriptedExchange { _, records, _ in
            // Every seventh record fails twice.
            let bits = records.map { record -> UInt8 in
                let attempt = attempts.withLock { attempts in
                    attempts[record, default: 0] += 1
                    return attempts[record, default: 0]
                }
                return record % 7 == 0 && attempt < 3 ? UInt8(ascii: "-") : UInt8(ascii: "+")
            }
            return HTTPResponse(status: 200, body: bits)
        }
        var form = try ScriptedForm(recordsMax: 50)
        form.verdict = { response, _ in
            .each(response.body.map { $0 == UInt8(ascii: "+") ? .accepted : .retry(reason: "throttled") })
        }
        var forwarding = Forwarding(Sample.batch(count: 100).records)
        await forwarding.run(try uplink(exchange, form), retriesMax: 100)
        #expect(forwarding.left.isEmpty)
        let sent = exchange.requests.map { ScriptedExchange.sequences(in: $0.body) }
        #expect(sent.first == Array(1...50))
        #expect(sent.dropFirst().first == [7, 14, 21, 28, 35, 42, 49])
        #expect(sent.dropFirst(2).first == [7, 14, 21, 28, 35, 42, 49])
        #expect(sent.dropFirst(3).first == Array(51...100))
        let counts = attempts.withLock { $0 }
        #expect((1...100).allSatisfy { counts[$0] == ($0 % 7 == 0 ? 3 : 1) })
    }

    @Test func `one record that a response refuses is rejected, and one that it leaves out is sent again`() async throws
    {
        let exchange = ScriptedExchange { _, records, count in
            HTTPResponse(status: 200, body: Array("\(count == 0 ? records.count - 1 : records.count)".utf8))
        }
        var form = try ScriptedForm(recordsMax: 10)
        form.verdict = { response, count in
            let spoken = Int(String(decoding: response.body, as: UTF8.self))!
            return .each((0..<spoken).map { count == 10 && $0 == 3 ? .refused(reason: "bad") : .accepted })
        }
        var forwarding = Forwarding(Sample.batch(count: 10).records)
        await forwarding.run(try uplink(exchange, form))
        #expect(forwarding.rejected == [4])
        #expect(forwarding.left.isEmpty)
        #expect(exchange.requests.map { ScriptedExchange.sequences(in: $0.body) } == [Array(1...10), [10]])
    }

    @Test func `records of different keys never share a request, and keep their order`() async throws {
        let exchange = ScriptedExchange()
        var form = try ScriptedForm(recordsMax: 20)
        form.key = { "\($0.sequence.rawValue % 3)" }
        let outcome = await (try uplink(exchange, form)).send(Sample.batch(count: 90))
        #expect(outcome == .acknowledged(through: SequenceNumber(90)))
        #expect(exchange.taken.count < 9)
        for records in exchange.taken {
            #expect(Set(records.map { $0 % 3 }).count == 1)
            #expect(records == records.sorted())
        }
        #expect(exchange.taken.flatMap { $0 }.sorted() == Array(1...90))
    }

    @Test func `a connection that breaks again and again makes requests smaller`() async throws {
        let exchange = ScriptedExchange { _, records, _ in
            guard records.count <= 8 else { throw ExchangeFailure("cut", isCut: true) }
            return HTTPResponse(status: 200)
        }
        var form = try ScriptedForm(recordsMax: 50, sizeTarget: 32 << 10)
        form.key = nil
        var forwarding = Forwarding(Sample.batch(count: 100).records)
        await forwarding.run(try uplink(exchange, form), retriesMax: 60)
        #expect(forwarding.left.isEmpty)
        #expect(forwarding.rejected.isEmpty && forwarding.alarms == 0)
    }

    @Test func `word of a loss is taken, retried and rejected like a record`() async throws {
        let status = Mutex(503)
        let exchange = ScriptedExchange { _, _, _ in HTTPResponse(status: status.withLock { $0 }) }
        let uplink = try uplink(exchange)
        guard case .retry = await uplink.send(Sample.loss) else { fatalError() }
        status.withLock { $0 = 400 }
        guard case .retry(_, _, true) = await uplink.send(Sample.loss) else {
            Issue.record("a destination that has taken nothing is not believed")
            return
        }
        status.withLock { $0 = 200 }
        #expect(await uplink.send(Sample.loss) == .acknowledged(through: Sample.loss.last))
        status.withLock { $0 = 400 }
        guard case .reject(Sample.loss.first, _) = await uplink.send(Sample.loss) else {
            Issue.record("a destination that takes others is believed")
            return
        }
    }
}
