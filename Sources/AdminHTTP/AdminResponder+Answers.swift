import Agent
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import Records

/// What is answered to each question.
extension AdminResponder {
    func answer(
        _ question: Endpoint.Question, _ query: Query, _ request: Request, isHead: Bool
    ) async -> Outcome {
        switch question {
        case .health: return Outcome(Answer(json: Array("{\"alive\":true}".utf8)))
        case .readiness:
            let status = agent.status
            return Outcome(
                Answer(json: status.readinessJSON(), status: status.isReady ? .ok : .serviceUnavailable))
        case .status: return Outcome(Answer(json: agent.status.json()))
        case .devices: return Outcome(Answer(json: agent.status.devicesJSON()))
        case .metrics:
            let format = ExpositionText.Format(accepting: request.headers[.accept])
            return Outcome(Answer(format.rawValue, StatusMetrics.text(of: agent.status, as: format)))
        case .configuration: return Outcome(Answer(json: agent.maskedConfiguration()))
        case .description: return Outcome(Answer(json: OpenAPI.document(version: agent.status.version)))
        default: break
        }
        do {
            switch question {
            case .records: return Outcome(try await page(query))
            case .live: return try await follow(query, request, isHead: isHead)
            case .append: return try await append(query, request)
            default: return Outcome(try await perform(question, query, request))
            }
        } catch let problem as Query.Problem {
            return Outcome(.error(.badRequest, problem.text))
        } catch let failure as AccessFailure {
            return Outcome(Self.answer(to: failure), hasReadBody: question == .append)
        } catch {
            logger.error("\(request.method) \(request.uri.path) failed: \(error)")
            return Outcome(.error(.internalServerError, "it failed; the log says why"))
        }
    }

    static func answer(to failure: AccessFailure) -> Answer {
        switch failure.kind {
        case .invalid: .error(.badRequest, failure.description)
        case .notFound: .error(.notFound, failure.description)
        case .conflict: .error(.conflict, failure.description)
        case .unavailable: .error(.serviceUnavailable, failure.description, headers: [.retryAfter: "1"])
        }
    }

    // MARK: Records

    private func stream(_ query: Query) throws(Query.Problem) -> StreamName {
        guard let stream = StreamName(query["stream"] ?? "telemetry") else {
            throw Query.Problem(text: "stream is no name of a stream")
        }
        return stream
    }

    private func start(_ query: Query, _ absent: RecordStart) throws(Query.Problem) -> RecordStart {
        guard let text = query["from"] else { return absent }
        guard let start = RecordStart(text) else {
            throw Query.Problem(text: "from is oldest, newest, -N, SEQUENCE or EPOCH/SEQUENCE")
        }
        return start
    }

    private func page(_ query: Query) async throws -> Answer {
        let page = try await agent.records(
            of: try stream(query), from: try start(query, .oldest),
            recordsMax: try query.integer("limit", in: 1...1000) ?? 100, bytesMax: AdminLimits.pageSizeMax)
        return Answer(json: RecordEvents.json(of: page, in: try stream(query)))
    }

    private func follow(_ query: Query, _ request: Request, isHead: Bool) async throws -> Outcome {
        let stream = try stream(query)
        var start = try start(query, .newest)
        if let text = request.headers[.lastEventID], !text.isEmpty {
            guard let last = Position(text) else {
                throw Query.Problem(text: "Last-Event-ID is EPOCH/SEQUENCE, as it came")
            }
            start = .position(Position(epoch: last.epoch, sequence: last.sequence.next))
        }
        var selection: TopicSelection?
        if let topic = query["topic"] {
            selection = TopicSelection(topic)
            if selection == nil { throw Query.Problem(text: "topic is no topic filter") }
        }
        // A place that is not there is told now, and not in a stream that has begun.
        let first = try await agent.records(of: stream, from: start, recordsMax: 1, bytesMax: 1)
        if isHead { return Outcome(Answer("text/event-stream", [])) }
        let position = start == .newest ? first.next : first.batch.map { Position(epoch: $0.epoch, sequence: $0.first) }
        guard
            let reader = live.reader(
                of: stream,
                at: first.lost.first.map { Position(epoch: $0.epoch, sequence: $0.first) }
                    ?? position ?? first.next,
                selection: selection)
        else {
            throw AccessFailure(
                .unavailable, "there are \(AdminLimits.readersMax) readers of live records already")
        }
        return Outcome(reader)
    }

    private func append(_ query: Query, _ request: Request) async throws -> Outcome {
        let (topic, stream) = (try query.required("topic"), try stream(query))
        let payload: [UInt8]
        switch await body(of: request) {
        case .whole(let bytes): payload = bytes
        case .tooLarge:
            return Outcome(
                .error(.contentTooLarge, "a payload has at most \(AdminLimits.bodySizeMax) bytes"))
        case .late: return Outcome(.error(.requestTimeout, "the body did not come within \(patience.request)"))
        }
        let identity = try await agent.append(
            LocalRecord(topic: topic, stream: stream, payload: payload, contentType: request.headers[.contentType]))
        return Outcome(Answer(json: Answer.object("id", "\(identity)"), status: .created), hasReadBody: true)
    }

    private enum Body {
        case whole([UInt8])
        case tooLarge
        case late
    }

    /// All of a body, if it comes in time.
    private func body(of request: Request) async -> Body {
        await withTaskGroup(of: Body.self) { group in
            group.addTask {
                do {
                    let buffer = try await request.body.collect(upTo: AdminLimits.bodySizeMax)
                    return .whole(Array(buffer.readableBytesView))
                } catch {
                    return Task.isCancelled ? .late : .tooLarge
                }
            }
            group.addTask {
                // Cancellation ends it as the time does: then nobody asks any more.
                try? await Task.sleep(for: patience.request)
                return .late
            }
            let body = await group.next() ?? .late
            group.cancelAll()
            return body
        }
    }

    // MARK: Actions

    private func perform(_ question: Endpoint.Question, _ query: Query, _ request: Request) async throws -> Answer {
        let action = try action(question, query)
        let who = gatekeeper.name(of: request.head)
        do {
            let outcome = try await agent.perform(action)
            logger.notice("asked through \(who): \(question.rawValue): \(outcome)")
            return Answer(json: Self.json(of: outcome))
        } catch {
            logger.notice("asked through \(who): \(question.rawValue), not done: \(error)")
            throw error
        }
    }

    private func action(_ question: Endpoint.Question, _ query: Query) throws(Query.Problem) -> AdminAction {
        func uplink() throws(Query.Problem) -> UplinkName {
            guard let name = UplinkName(try query.required("uplink")) else {
                throw Query.Problem(text: "uplink is no name of an uplink")
            }
            return name
        }
        switch question {
        case .pause: return .pause(try uplink())
        case .resume: return .resume(try uplink())
        case .replay: return .replay(try replay(query, to: try uplink()))
        case .identify: return .identify(port: try query.required("port"))
        default: return .reload
        }
    }

    private func replay(_ query: Query, to uplink: UplinkName) throws(Query.Problem) -> ReplayRequest {
        func bound(_ name: String) throws(Query.Problem) -> ReplayRequest.Bound? {
            guard let text = query[name] else { return nil }
            guard let bound = ReplayRequest.Bound(text, time: RecordLine.milliseconds) else {
                throw Query.Problem(text: "\(name) is SEQUENCE, EPOCH/SEQUENCE or a time as 2026-11-23T10:00:00Z")
            }
            return bound
        }
        var request = ReplayRequest(
            uplink: uplink, stream: try stream(query), from: try bound("from"), to: try bound("to"))
        request.isUnfiltered = try query.flag("unfiltered")
        request.isOfRejected = try query.flag("rejected")
        return request
    }

    private static func json(of outcome: ActionOutcome) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 256)
        writer.beginObject()
        writer.member("done", string: outcome.description)
        if let request = outcome.request { writer.member("request", string: request) }
        writer.endObject()
        return writer.bytes
    }
}
