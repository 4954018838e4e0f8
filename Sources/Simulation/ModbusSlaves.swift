import Synchronization
import Threads

/// Modbus RTU slaves on a two-wire line, made of software: they answer reads of registers from a table, each well or
/// with a fault, on a ``PseudoTerminal``, from a thread of their own.
public final class ModbusSlaves: Sendable {
    /// What is wrong with a slave.
    public enum Fault: Hashable, Sendable {
        /// It does not answer.
        case silence
        /// It answers so late.
        case delay(Duration)
        /// Another unit answers.
        case wrongUnit(UInt8)
        /// The line returns the request before the answer.
        case echo
        /// These bytes come before the answer.
        case noise([UInt8])
        /// Only so many bytes of the answer come.
        case truncation(Int)
        /// One byte of the answer at a time, with this pause.
        case slowBytes(Duration)
        /// It refuses with this code.
        case exception(UInt8)
    }

    private struct Shared {
        var registers: [UInt8: [UInt16]]
        var faults: [UInt8: Fault] = [:]
        var requests: [UInt8: Int] = [:]
        var isStopping = false
        var hasEnded = false
    }

    private let terminal: PseudoTerminal
    private let shared: Gate<Shared>

    /// Slaves with these registers, from 0, by unit. They are silent until ``start()``.
    public init(on terminal: PseudoTerminal, registers: [UInt8: [UInt16]]) {
        self.terminal = terminal
        shared = Gate(Shared(registers: registers))
    }

    deinit { shared.change { $0.isStopping = true } }

    /// Makes a slave faulty from the next request on; nil makes it well.
    public func set(_ fault: Fault?, of unit: UInt8) { shared.change { $0.faults[unit] = fault } }

    /// How many requests a unit has got.
    public func requestCount(of unit: UInt8) -> Int { shared.withLock { $0.requests[unit] ?? 0 } }

    /// Begins to answer. Returns false where the system gives no thread.
    public func start() -> Bool {
        let (terminal, shared) = (terminal, shared)
        return OwnThread.start(named: "modbus-slaves") {
            var received: [UInt8] = []
            var delayed: [(due: ContinuousClock.Instant, bytes: [UInt8])] = []
            while !shared.withLock({ $0.isStopping }) {
                received += terminal.received()
                while let request = Self.takeRequest(&received) {
                    Self.answer(request, shared, terminal, &delayed)
                }
                let now = ContinuousClock.now
                for late in delayed where late.due <= now { Self.send(late.bytes, on: terminal) }
                delayed.removeAll { $0.due <= now }
                _ = shared.wait(until: now + .milliseconds(1)) { $0.isStopping ? true : nil }
            }
            shared.change { $0.hasEnded = true }
        }
    }

    /// Stops answering. Only after ``start()``.
    public func stop() {
        shared.change { $0.isStopping = true }
        _ = shared.wait(until: .now + .seconds(40)) { $0.hasEnded ? true : nil }
    }

    /// The CRC of Modbus RTU, as it travels.
    public static func checksum(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var register: UInt16 = 0xFFFF
        for byte in bytes {
            register ^= UInt16(byte)
            for _ in 0..<8 { register = register & 1 == 0 ? register >> 1 : register >> 1 ^ 0xA001 }
        }
        return [UInt8(register & 0xFF), UInt8(register >> 8)]
    }

    /// A request of function 3 or 4, of eight bytes.
    public static func request(unit: UInt8, function: UInt8 = 3, register: UInt16, count: UInt16) -> [UInt8] {
        let body = [
            unit, function, UInt8(register >> 8), UInt8(register & 0xFF), UInt8(count >> 8), UInt8(count & 0xFF),
        ]
        return body + checksum(body)
    }

    /// The first request in the bytes; what is before it is dropped.
    private static func takeRequest(_ bytes: inout [UInt8]) -> [UInt8]? {
        while bytes.count >= 8 {
            let candidate = Array(bytes[..<8])
            if checksum(candidate[..<6]) == Array(candidate[6...]) {
                bytes.removeFirst(8)
                return candidate
            }
            bytes.removeFirst()
        }
        return nil
    }

    private static func answer(
        _ request: [UInt8], _ shared: Gate<Shared>, _ terminal: PseudoTerminal,
        _ delayed: inout [(due: ContinuousClock.Instant, bytes: [UInt8])]
    ) {
        let unit = request[0]
        let (table, fault) = shared.change { shared in
            shared.requests[unit, default: 0] += 1
            return (shared.registers[unit], shared.faults[unit])
        }
        guard let table else { return }
        let first = Int(request[2]) << 8 | Int(request[3])
        let count = Int(request[4]) << 8 | Int(request[5])
        var body = [unit, request[1] | 0x80, 2]
        if first + count <= table.count {
            let values = table[first..<first + count].flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
            body = [unit, request[1], UInt8(values.count)] + values
        }
        switch fault {
        case nil: send(body + checksum(body), on: terminal)
        case .silence: break
        case .delay(let delay): delayed.append((.now + delay, body + checksum(body)))
        case .wrongUnit(let other):
            body[0] = other
            send(body + checksum(body), on: terminal)
        case .echo: send(request + body + checksum(body), on: terminal)
        case .noise(let noise): send(noise + body + checksum(body), on: terminal)
        case .truncation(let size): send(Array((body + checksum(body)).prefix(size)), on: terminal)
        case .slowBytes(let pause): send(body + checksum(body), on: terminal, pause: pause)
        case .exception(let code):
            body = [unit, request[1] | 0x80, code]
            send(body + checksum(body), on: terminal)
        }
    }

    private static func send(_ bytes: [UInt8], on terminal: PseudoTerminal, pause: Duration = .zero) {
        // A slave does not know whether anybody listens.
        try? terminal.send(bytes, pieceSize: pause > .zero ? 1 : .max, pause: pause)
    }
}
