import Records

/// Sends records to one HTTP endpoint: joins a form, a signer and an exchange, and says what the responses mean for the
/// cursor.
///
/// One request is on the way at a time, so records arrive in order. Where a response takes some of a request's records
/// and not others, or one record is refused and others are not, what was taken is remembered and not sent again.
public actor HTTPUplink: Uplink {
    /// Why a batch is not delivered to its end.
    private struct Stop {
        var after: RetryAfter?
        var reason: String
        var isAlarm: Bool
        /// Whether the connection broke under a request.
        var isCut = false
    }

    private enum Answer {
        case verdict(ResponseVerdict)
        case stopped(Stop)
    }

    private let gateway: GatewayID
    private var form: any RequestForm
    private let signer: any RequestSigner
    private let compressor: BodyCompressor
    private nonisolated let exchange: any HTTPExchange
    private let clock: any GatewayClock
    private var size: MessageSize
    private var memory = AttemptMemory()
    private var trust = DestinationTrust()
    /// Something was confirmed before the destination stopped; that it stopped is the answer to the next attempt.
    private var postponed: Stop?

    /// - Parameters:
    ///   - gateway: whose records these are.
    ///   - form: what requests hold and what responses mean.
    ///   - signer: proves who sends them.
    ///   - exchange: the connections; ``close()`` closes them.
    ///   - clock: for a destination that names the time at which it wants to be asked again.
    public init(
        gateway: GatewayID, form: any RequestForm, signer: any RequestSigner = NoSigner(),
        compression: BodyCompression = .none, exchange: any HTTPExchange, clock: any GatewayClock
    ) {
        self.gateway = gateway
        self.form = form
        self.signer = signer
        self.exchange = exchange
        self.clock = clock
        compressor = BodyCompressor(compression, sizeMax: form.limits.sizeMax ?? form.limits.sizeTarget)
        size = MessageSize(max: form.limits.sizeTarget)
    }

    /// Sends the batch in as many requests as it takes, one after the other.
    public func send(_ batch: RecordBatch) async -> DeliveryOutcome {
        precondition(batch.gateway == gateway, "an uplink serves one gateway")
        if let stop = postponed {
            postponed = nil
            return outcome(of: stop)
        }
        var settlement = Settlement(states: memory.states(of: batch), trust: trust)
        let stop = await deliver(batch, &settlement)
        trust = settlement.trust
        let done = settlement.acceptedPrefix
        if stop == nil { size.allConfirmed() }
        if let stop, stop.isCut, done == 0 { size.cutWithoutProgress() }
        if done < batch.records.count, case .refused(let reason) = settlement.states[done] {
            memory.remember(settlement.states, of: batch, done: done + 1)
            postponed = stop
            return .reject(batch.records[done].sequence, reason: reason)
        }
        memory.remember(settlement.states, of: batch, done: done)
        guard done > 0 else {
            return outcome(of: stop ?? Stop(reason: "nothing could be sent", isAlarm: true))
        }
        postponed = stop
        return .acknowledged(through: batch.records[done - 1].sequence)
    }

    /// Sends word of a loss as one request of its own.
    public func send(_ loss: LostRange) async -> DeliveryOutcome {
        switch await answer(to: form.request(for: loss, of: gateway), recordCount: 1) {
        case .stopped(let stop): return outcome(of: stop)
        case .verdict(.accepted):
            trust.accepted()
            return .acknowledged(through: loss.last)
        case .verdict(.retry(let after, let reason, let isAlarm)):
            return outcome(of: Stop(after: after, reason: reason, isAlarm: isAlarm))
        case .verdict(.unauthorized(let reason)):
            return outcome(of: Stop(reason: reason, isAlarm: true))
        case .verdict(.tooLarge(let reason)), .verdict(.refused(let reason)):
            return refusal(of: loss, reason: reason)
        case .verdict(.each(let verdicts)):
            switch verdicts.first {
            case .accepted:
                trust.accepted()
                return .acknowledged(through: loss.last)
            case .refused(let reason): return refusal(of: loss, reason: reason)
            case .retry(let reason, let isAlarm): return outcome(of: Stop(reason: reason, isAlarm: isAlarm))
            case nil: return outcome(of: Stop(reason: Self.incomplete, isAlarm: false))
            }
        }
    }

    /// What the exchange's connections have moved.
    public nonisolated var traffic: LinkTraffic { exchange.traffic }

    /// Closes the connections, which would be kept for the next request; that opens one again.
    public func suspend() async { await exchange.disconnect() }

    /// Closes the connections.
    public func close() async { await exchange.close() }

    private static let incomplete = "the response does not speak of every record"

    // MARK: A batch

    /// Sends until nothing is left to try; why it stopped before that, where it did.
    private func deliver(_ batch: RecordBatch, _ settlement: inout Settlement) async -> Stop? {
        for index in batch.records.indices where settlement.states[index] == .open {
            if let problem = form.problem(with: batch.records[index], of: batch) {
                settlement.condemn(index, reason: problem)
            }
        }
        while !Task.isCancelled {
            let indices = RequestCut.indices(
                settlement.candidates(), of: batch, form: form, sizeTarget: size.target)
            guard !indices.isEmpty else { return doubt(in: settlement) }
            let request = form.request(for: records(indices, of: batch), of: batch)
            if let sizeMax = form.limits.sizeMax, request.body.count > sizeMax {
                let reason = "the request would have \(request.body.count) bytes, and the destination takes \(sizeMax)"
                settle(.tooLarge(reason: reason), of: indices, in: batch, &settlement)
                continue
            }
            switch await answer(to: request, recordCount: indices.count) {
            case .stopped(let stop): return stop
            case .verdict(let verdict):
                if let stop = settle(verdict, of: indices, in: batch, &settlement) { return stop }
            }
        }
        return Stop(reason: "cancelled", isAlarm: false)
    }

    /// Writes down what a verdict says; why to stop, where it does.
    @discardableResult
    private func settle(
        _ verdict: ResponseVerdict, of indices: [Int], in batch: RecordBatch, _ settlement: inout Settlement
    ) -> Stop? {
        switch verdict {
        case .accepted: settlement.accept(indices)
        case .each(let verdicts): return settle(verdicts, of: indices, &settlement)
        case .retry(let after, let reason, let isAlarm): return Stop(after: after, reason: reason, isAlarm: isAlarm)
        case .unauthorized(let reason): return Stop(reason: reason, isAlarm: true)
        case .refused(let reason): settlement.refuse(indices, reason: reason)
        case .tooLarge(let reason):
            if indices.count == 1 {
                settlement.condemn(indices[0], reason: reason)
            } else {
                size.refused(size: indices.reduce(0) { $0 + form.sizeEstimate(of: batch.records[$1]) })
            }
        }
        return nil
    }

    /// Writes down what is said of single records. Those that were taken first: they speak for the destination.
    private func settle(_ verdicts: [RecordVerdict], of indices: [Int], _ settlement: inout Settlement) -> Stop? {
        let pairs = Array(zip(indices, verdicts))
        let accepted = pairs.filter { $0.1 == .accepted }.map(\.0)
        if !accepted.isEmpty { settlement.accept(accepted) }
        var stop = verdicts.count < indices.count ? Stop(reason: Self.incomplete, isAlarm: false) : nil
        for (index, verdict) in pairs {
            switch verdict {
            case .accepted: continue
            case .refused(let reason): settlement.refuse([index], reason: reason)
            case .retry(let reason, let isAlarm): stop = Stop(reason: reason, isAlarm: isAlarm)
            }
        }
        return stop
    }

    /// Why nothing is left to try although not all was taken: the destination takes nothing at all.
    private func doubt(in settlement: Settlement) -> Stop? {
        settlement.doubt.map { reason in
            Stop(
                reason: "the destination refuses every record, so none is rejected; is the uplink set up for it? "
                    + reason,
                isAlarm: true)
        }
    }

    private func records(_ indices: [Int], of batch: RecordBatch) -> ArraySlice<Record> {
        let first = indices[0]
        if indices.last == first + indices.count - 1 { return batch.records[first..<first + indices.count] }
        return indices.map { batch.records[$0] }[...]
    }

    // MARK: A request

    /// Compresses, signs and sends; once more where the proof of who sends it was not accepted and there is another.
    private func answer(to request: HTTPRequest, recordCount: Int) async -> Answer {
        var request = request
        if let coding = compressor.coding {
            request.body = compressor.compressed(request.body)
            request.fields["content-encoding"] = coding
        }
        let unsigned = request
        do {
            try await signer.sign(&request, over: exchange)
            var response = try await exchange.send(request)
            var verdict = form.verdict(on: response, recordCount: recordCount)
            if case .unauthorized = verdict, await signer.wasRefused(response) {
                request = unsigned
                try await signer.sign(&request, over: exchange)
                response = try await exchange.send(request)
                verdict = form.verdict(on: response, recordCount: recordCount)
            }
            return .verdict(verdict)
        } catch let failure as SigningFailure {
            return .stopped(Stop(reason: failure.reason, isAlarm: failure.isAlarm))
        } catch let failure as ExchangeFailure {
            return .stopped(Stop(reason: failure.reason, isAlarm: failure.isAlarm, isCut: failure.isCut))
        } catch {
            return .stopped(Stop(reason: "\(error)", isAlarm: false))
        }
    }

    // MARK: Outcomes

    private func outcome(of stop: Stop) -> DeliveryOutcome {
        .retry(after: stop.after?.delay(clock), reason: stop.reason, isAlarm: stop.isAlarm)
    }

    private func refusal(of loss: LostRange, reason: String) -> DeliveryOutcome {
        trust.refused() ? .reject(loss.first, reason: reason) : outcome(of: Stop(reason: reason, isAlarm: true))
    }
}
