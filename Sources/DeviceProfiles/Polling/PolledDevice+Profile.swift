import SerialIO

/// What a profile says of asking, as the bus takes it.
extension PolledDevice {
    /// The device that a profile describes.
    ///
    /// - Parameters:
    ///   - values: the profile's parameters by name; those that are not given have their defaults.
    /// - Returns: nil where the device speaks by itself and is asked nothing, or where a parameter has no value that
    ///   fits.
    public init?(name: String, profile: Profile, values: [String: String] = [:]) {
        let decoder = ProfileDecoder(profile)
        guard let requests = Self.requests(decoder, values), !requests.isEmpty else { return nil }
        self.init(name: name, requests: requests)
        func steps(_ steps: [Step]) -> [PollStep]? {
            let filled = steps.compactMap { PollStep($0, values: values, parameters: profile.parameters) }
            return filled.count == steps.count ? filled : nil
        }
        guard let first = steps(profile.initialisation), let before = steps(profile.wake),
            let last = steps(profile.shutdown)
        else { return nil }
        initialisation = first
        wake = before
        shutdown = last
        pause = profile.modbus?.pause ?? .zero
        pauseAfterOpen = profile.modbus?.pauseAfterOpen ?? .zero
    }

    /// The bytes of a request, which its answer may need to be read; nil for sessions, whose answers say what they are.
    public func requestBytes(_ number: Int) -> [UInt8]? {
        guard requests.indices.contains(number), case .request(let bytes, _) = requests[number].conversation else {
            return nil
        }
        return bytes
    }

    /// Nil where a parameter has no value that fits.
    private static func requests(_ decoder: ProfileDecoder, _ values: [String: String]) -> [PollRequest]? {
        let profile = decoder.profile
        if let rule = profile.modbus { return modbusRequests(decoder, rule) }
        if let rule = profile.mbus {
            let primary = MBusAddress.primary(UInt8(clamping: rule.address))
            guard let address = rule.secondary.map({ MBusAddress(secondary: $0) }) ?? primary else { return nil }
            return [PollRequest(.mbus(address), every: rule.every)]
        }
        if let rule = profile.sdi12 {
            guard let address = rule.address.utf8.first else { return nil }
            return [PollRequest(.sdi12(address: address, command: rule.command), every: rule.every)]
        }
        if let rule = profile.iec62056 {
            guard let mode = IEC62056Mode(rule.mode) else { return [] }
            return [PollRequest(.iec62056(mode, address: rule.address), every: rule.every)]
        }
        let requests = profile.polls.compactMap { poll -> PollRequest? in
            guard let bytes = poll.request.bytes(values, parameters: profile.parameters) else { return nil }
            return PollRequest(
                .request(bytes, .messages(poll.reply, to: bytes, of: decoder)), every: poll.every,
                timeout: poll.timeout,
                retries: poll.retries)
        }
        return requests.count == profile.polls.count ? requests : nil
    }

    private static func modbusRequests(_ decoder: ProfileDecoder, _ rule: ModbusRule) -> [PollRequest] {
        let isASCII = decoder.profile.framing.kind == .modbusASCII
        let unit = UInt8(clamping: rule.unit)
        return (decoder.plan?.requests ?? []).compactMap { request in
            let bytes = isASCII ? request.asciiBytes(unit: unit) : request.rtuBytes(unit: unit)
            return ReplyRule.modbus(bytes).map { reply in
                PollRequest(
                    .request(bytes, reply), every: rule.every, timeout: rule.timeout, retries: rule.retries)
            }
        }
    }
}

extension BusLine {
    /// The line of these devices. A device alone on it that is polled may also speak by itself; on a bus none does.
    public init(settings: SerialSettings, gap: Duration, of profiles: [Profile]) {
        self.init(settings: settings)
        self.gap = gap
        hearsOnlyAnswers = profiles.count > 1 || profiles.contains { $0.isModbus || !$0.speaksUnasked }
    }
}

extension ReplyRule {
    /// A frame that is one of these messages; any frame that the profile understands where there are none.
    static func messages(_ names: [String], to request: [UInt8], of decoder: ProfileDecoder) -> ReplyRule {
        ReplyRule { content in
            let frame = decoder.decode(content, request: request)
            switch frame.verdict {
            case .decoded: return names.isEmpty || frame.message.map(names.contains) == true ? .answer : .stranger
            case .skipped, .rejected: return .stranger
            }
        }
    }
}

extension PollStep {
    fileprivate init?(_ step: Step, values: [String: String], parameters: [Parameter]) {
        self.init()
        if let request = step.request {
            guard let bytes = request.bytes(values, parameters: parameters) else { return nil }
            send = bytes
        }
        expected = step.expected
        timeout = step.timeout
        times = step.times
        wait = step.wait
        baud = step.baud
    }
}

extension IEC62056Mode {
    /// Nil for meters that speak by themselves.
    fileprivate init?(_ mode: IEC62056Rule.Mode) {
        switch mode {
        case .push: return nil
        case .a: self = .a
        case .b: self = .b
        case .c: self = .c
        }
    }
}
