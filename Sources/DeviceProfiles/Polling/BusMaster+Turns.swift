import SerialIO

/// Who is asked next, and what an answer means for the times to come.
extension BusMaster {
    /// What came of looking who is due.
    enum Beginning {
        case began
        /// Nobody is until then; nil where there is nobody at all.
        case idle(until: Duration?)
    }

    /// Begins the turn of whoever is due.
    mutating func beginTurn(now: Duration) -> Beginning {
        var first: (time: Duration, device: Int, request: Int)?
        for index in states.indices {
            guard let next = states[index].schedule.next else { continue }
            if first.map({ next.time < $0.time }) ?? true { first = (next.time, index, next.request) }
        }
        guard let first else { return .idle(until: nil) }
        guard first.time <= now else { return .idle(until: first.time) }
        if let parked = states[first.device].parked {
            states[first.device].parked = nil
            turn = parked
            return .began
        }
        begin(part(after: nil, of: first.device), device: first.device, request: first.request, now: now)
        return .began
    }

    /// Begins the next device's steps before the line is closed. Returns false where all have been.
    mutating func beginFarewell(now: Duration) -> Bool {
        guard let device = farewells?.popLast() else { return false }
        begin(.shutdown, device: device, request: 0, now: now)
        return true
    }

    /// A part of a turn is over.
    mutating func finish(_ turn: Turn, _ outcome: ExchangeOutcome, now: Duration) {
        states[turn.device].keep(turn)
        switch turn.part {
        case .shutdown: return
        case .initialisation, .wake:
            guard outcome != .silent else { return fail(turn, now: now) }
            if turn.part == .initialisation { states[turn.device].isInitialised = true }
            begin(part(after: turn.part, of: turn.device), device: turn.device, request: turn.request, now: now)
        case .request:
            ledger.change { $0.devices[turn.device].requests += 1 }
            guard outcome != .silent else {
                remember(turn, now: now)
                ledger.change { $0.devices[turn.device].timeouts += 1 }
                return fail(turn, now: now)
            }
            succeed(turn, outcome, now: now)
        }
    }

    private mutating func succeed(_ turn: Turn, _ outcome: ExchangeOutcome, now: Duration) {
        let timeout = devices[turn.device].requests[turn.request].timeout
        let missed = states[turn.device].schedule.answered(turn.request, now: now, timeout: timeout)
        ledger.change { counts in
            if outcome == .answered {
                counts.devices[turn.device].replies += 1
            } else {
                counts.devices[turn.device].exceptions += 1
            }
            counts.devices[turn.device].missedPeriods += missed
            counts.devices[turn.device].consecutiveFailures = 0
            counts.devices[turn.device].state = .alive
        }
    }

    private mutating func fail(_ turn: Turn, now: Duration) {
        needsFlush = true
        let failure = states[turn.device].schedule.failed(
            turn.request, now: now, timeout: devices[turn.device].requests[turn.request].timeout,
            isRetriable: turn.part == .request)
        guard case .givenUp(let missed) = failure else { return }
        let silentSince = states[turn.device].schedule.silentSince
        // A device that was away may have been without power.
        if silentSince != nil { states[turn.device].isInitialised = false }
        ledger.change { counts in
            counts.devices[turn.device].missedPeriods += missed
            counts.devices[turn.device].consecutiveFailures += 1
            if let silentSince { counts.devices[turn.device].state = .silent(since: silentSince) }
        }
    }

    /// What comes after a part of a turn; nil stands for its beginning.
    private func part(after part: Turn.Part?, of device: Int) -> Turn.Part {
        if part == nil, !states[device].isInitialised, !devices[device].initialisation.isEmpty {
            return .initialisation
        }
        return part != .wake && !devices[device].wake.isEmpty ? .wake : .request
    }

    private mutating func begin(_ part: Turn.Part, device: Int, request: Int, now: Duration) {
        let polled = devices[device]
        if part == .request { states[device].schedule.asked(request, now: now) }
        var exchange: any Exchange =
            switch part {
            case .initialisation: steps(polled.initialisation, of: device)
            case .wake: steps(polled.wake, of: device)
            case .shutdown: steps(polled.shutdown, of: device)
            case .request: states[device].requests[request]
            }
        exchange.begin(baud: baud, now: now)
        turn = Turn(device: device, request: request, part: part, exchange: exchange)
    }

    /// A device that did not answer is not waited for again and again.
    private func steps(_ steps: [PollStep], of device: Int) -> StepExchange {
        var exchange = StepExchange(steps, settings: line.settings)
        exchange.triesOnce = states[device].schedule.isSuspect
        return exchange
    }
}

extension BusMaster.DeviceState {
    /// Keeps what an exchange has learned for its next time.
    fileprivate mutating func keep(_ turn: BusMaster.Turn) {
        if turn.part == .request { requests[turn.request] = turn.exchange }
    }
}

extension PollRequest {
    /// What asks it.
    func exchange(settings: SerialSettings) -> any Exchange {
        switch conversation {
        case .request(let bytes, let rule): RequestExchange(bytes, rule, request: self, settings: settings)
        case .mbus(let address): MBusExchange(address, request: self, settings: settings)
        case .sdi12(let address, let command):
            SDI12Exchange(address: address, command: command, request: self, settings: settings)
        case .iec62056(let mode, let address):
            IEC62056Exchange(mode, address: address, request: self, settings: settings)
        }
    }
}
