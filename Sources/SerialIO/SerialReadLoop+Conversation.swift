import Glibc
import Threads

/// What is said on an open port: does what the script says, one step after the other.
extension SerialReadLoop {
    /// Bytes per read: N_TTY's own buffer, so that one read empties it.
    private static let readSize = 4096
    /// How much longer than its time on the line a request may take to be written: a line stopped by flow control
    /// must not stop everything.
    private static let sendDelayMax = Duration.seconds(2)
    /// How many reads of waiting input are thrown away at most: a device that never stops talking cannot be emptied.
    private static let flushReadsMax = 16

    /// Does what the script says until the port hangs up, or the script is done after the wish to stop.
    ///
    /// - Throws: ``SerialPortError`` where the driver refuses a speed.
    func converse(_ port: borrowing SerialPort, _ line: inout LineState) throws(SerialPortError) {
        line.farewellDeadline = nil
        line.script.happened(.opened, now: now)
        defer { line.script.happened(.hungUp, now: now) }
        while true {
            publish(line.intake)
            if isStopped, line.farewellDeadline == nil {
                line.farewellDeadline = now + LineState.farewellTimeMax
                // From here on the wakeup has nothing to say, and must not keep the waits from waiting.
                wakeup.clear()
                line.script.happened(.stopping, now: now)
            }
            if let deadline = line.farewellDeadline, now >= deadline { return }
            switch line.script.next(now: now) {
            case .listen(let until, let hearing):
                guard listen(port, until: until, for: hearing, &line) else { return }
            case .send(let bytes, let isRequest):
                guard send(bytes, isRequest: isRequest, to: port, &line) else { return }
            case .setBaud(let baud):
                try port.setBaud(baud)
                line.baud = baud
                line.script.happened(.done, now: now)
            case .flushInput:
                guard flush(port, &line) else { return }
                line.script.happened(.done, now: now)
            case .deliver(let content, let request):
                line.intake.counters.frames += 1
                line.intake.hand(content, answering: request)
                line.script.happened(.done, now: now)
            case .close: return
            }
        }
    }

    /// Waits for bytes or a hang-up, until the time given or the wish to stop.
    func wait(
        for port: borrowing SerialPort, _ wish: DescriptorWait.Wish = .input, until deadline: Duration?,
        _ line: inout LineState
    ) -> DescriptorWait.Answer {
        line.intake.counters.waits += 1
        return DescriptorWait.wait(wakeup, (port.descriptor, wish), for: deadline.map { $0 - now })
    }

    /// Reads once, after `poll` said that there is something. Returns false where the port hung up.
    func read(_ port: borrowing SerialPort, _ body: (UnsafeRawBufferPointer) -> Void) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: Self.readSize, alignment: 1) { buffer in
            switch port.read(into: buffer) {
            case .bytes(let count):
                body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                return true
            // An error that poll saw and read did not would come again at once, and for ever.
            case .nothing, .hungUp: return false
            }
        }
    }

    /// Takes in what comes: one read, or nothing until the deadline. Returns false where the port hung up.
    private func listen(
        _ port: borrowing SerialPort, until deadline: Duration?, for hearing: LineStep.Hearing, _ line: inout LineState
    ) -> Bool {
        line.intake.listen(for: hearing)
        let inner = [line.intake.deadline, line.faultsDeadline, line.farewellDeadline].compactMap { $0 }.min()
        let until = deadline.map { min($0, inner ?? $0) } ?? inner
        let answer = wait(for: port, until: until, &line)
        if answer.isReady { return take(port, &line) }
        let now = self.now
        line.intake.timePassed(now: now, script: &line.script)
        if let faults = line.faultsDeadline, now >= faults { line.countFaults(of: port, now: now) }
        if let deadline, now >= deadline { line.script.happened(.timedOut, now: now) }
        return true
    }

    /// Reads once, and does with the bytes what the script wants. Returns false where the port hung up.
    private func take(_ port: borrowing SerialPort, _ line: inout LineState) -> Bool {
        let now = self.now
        // What waited too long is given up before what came now is joined to it.
        line.intake.timePassed(now: now, script: &line.script)
        return read(port) { line.intake.take($0, script: &line.script, now: now) }
    }

    /// Sends all of it, and listens meanwhile: the other side may have stopped us until we take what it says. Returns
    /// false where the port hung up.
    private func send(
        _ bytes: [UInt8], isRequest: Bool, to port: borrowing SerialPort, _ line: inout LineState
    ) -> Bool {
        line.intake.send(bytes, isRequest: isRequest, baud: line.baud, now: now)
        let deadline = now + settings.time(ofCharacters: bytes.count, baud: line.baud) + Self.sendDelayMax
        var rest = bytes[...]
        while true {
            guard let count = port.write(rest) else { return false }
            line.intake.counters.sentBytes += count
            rest = rest.dropFirst(count)
            if rest.isEmpty {
                line.script.happened(.sent, now: now)
                return true
            }
            let answer = wait(for: port, .inputAndRoom, until: min(deadline, line.farewellDeadline ?? deadline), &line)
            if answer.isReady, !take(port, &line) { return false }
            if now >= deadline || (isStopped && line.farewellDeadline == nil) {
                port.flushOutput()
                line.script.happened(.sendFailed, now: now)
                return true
            }
        }
    }

    /// Throws away what waits. Returns false where the port hung up.
    private func flush(_ port: borrowing SerialPort, _ line: inout LineState) -> Bool {
        for _ in 0..<Self.flushReadsMax {
            guard wait(for: port, until: .zero, &line).isReady else { break }
            guard read(port, { line.intake.discard($0) }) else { return false }
        }
        line.intake.forgetPartial(reason: .noise)
        return true
    }
}
