import AgentTestKit
import SerialIO
import Testing

@Suite struct ModbusFramingTests {
    private let rule = FramingRule(.modbusRTU)
    private let request = FramingRules.modbusRequest(unit: 1, function: 4, quantity: 2)
    private let content: [UInt8] = [1, 4, 4, 0x43, 0x66, 0x33, 0x34]
    private var reply: [UInt8] { FramingRules.sealed(content) }

    private func cut(_ bytes: [UInt8], request: [UInt8]?) -> [[UInt8]] {
        pieceSizes.map { SerialIOTests.cut(bytes, by: rule, request: request, pieceSize: $0).compactMap(\.frame) }
            .reduce(nil) { first, next in
                if let first { #expect(first == next) }
                return first ?? next
            } ?? []
    }

    @Test func `a reply is found behind noise, echo, strangers and its own cut beginning`() {
        let stranger = FramingRules.sealed([2, 4, 4, 1, 2, 3, 4])
        let late = FramingRules.sealed([1, 3, 2, 0, 7])
        for before in [
            [], [0], [0, 0, 0], request, stranger, late, stranger + request, Array(reply[..<5]), [1], [1, 4],
        ] {
            #expect(cut(before + reply, request: request) == [content], "\(before)")
        }
        #expect(SerialIOTests.cut(request + reply, by: rule, request: request).first == .skipped(8, .echo))
        #expect(SerialIOTests.cut(stranger, by: rule, request: request) == [.skipped(9, .stranger)])
        #expect(SerialIOTests.cut([0] + reply, by: rule, request: request).first == .noise(1))
    }

    @Test func `an echo alone is no reply, and what is behind it is waited for`() {
        for function in [1, 2, 3, 4] {
            for first in [0, 0x0200, 0x0400, 0xFFFF] {
                let request = FramingRules.modbusRequest(unit: 1, function: function, first: first, quantity: 1)
                expectTold([.skipped(8, .echo)], of: request, by: rule, request: request)
            }
        }
        let write = FramingRules.sealed([1, 16, 0, 1, 0, 1, 2, 0xAB, 0xCD])
        expectTold(
            [.skipped(11, .echo), .frame([1, 16, 0, 1, 0, 1])],
            of: write + FramingRules.sealed([1, 16, 0, 1, 0, 1]), by: rule, request: write)
    }

    @Test func `the reply to a write of one value is the request once more`() {
        let write = FramingRules.sealed([9, 6, 0, 1, 0, 3])
        expectTold([.frame([9, 6, 0, 1, 0, 3])], of: write, by: rule, request: write)
    }

    @Test func `an exception is a frame`() {
        let exception = FramingRules.sealed([1, 0x84, 2])
        expectTold([.frame([1, 0x84, 2])], of: exception, by: rule, request: request)
        expectTold([.frame([1, 0x84, 2])], of: exception, by: rule)
    }

    @Test func `a damaged reply is told of once, and nothing of it stays`() {
        var damaged = reply
        damaged[5] ^= 4
        expectTold([.skipped(9, .checksum)], of: damaged, by: rule, request: request)
        var framer = FrameCutter(rule)
        framer.expectReply(to: request)
        _ = framer.take(damaged)
        #expect(framer.pendingCount == 0)
        #expect(framer.counters.checksumErrors == 1)
    }

    @Test func `a device may answer with less than it was asked for`() {
        let short = FramingRules.sealed([1, 4, 2, 0x43, 0x66])
        #expect(cut(short, request: request) == [[1, 4, 2, 0x43, 0x66]])
    }

    @Test func `without a request every reply is a frame`() {
        let contents: [[UInt8]] = [
            [1, 1, 1, 5], [2, 2, 2, 5, 6], content, [17, 3, 2, 0, 0], [1, 5, 0, 1, 0xFF, 0], [1, 6, 0, 1, 0, 3],
            [1, 15, 0, 1, 0, 3], [1, 16, 0, 1, 0, 3], [0xF7, 0x83, 2],
        ]
        #expect(cut(contents.flatMap(FramingRules.sealed), request: nil) == contents)
        #expect(cut([0, 0] + contents.flatMap { FramingRules.sealed($0) + [0] }, request: nil) == contents)
    }

    @Test func `a new request looks anew at what waits`() {
        var framer = FrameCutter(rule)
        framer.expectReply(to: FramingRules.modbusRequest(unit: 1, function: 4, quantity: 100))
        #expect(framer.take(reply) == [.frame(content)])
        framer.expectReply(to: FramingRules.modbusRequest(unit: 1, function: 4, quantity: 100))
        #expect(framer.take(reply[..<8]) == [])
        framer.expectReply(to: request)
        #expect(framer.take(reply[8...]) == [.frame(content)])
    }

    @Test func `every flipped bit is refused`() {
        expectEveryFlippedBitRejected(reply, by: rule, request: request)
        expectEveryFlippedBitRejected(reply, by: rule)
        expectEveryFlippedBitRejected(FramingRules.sealed([1, 0x84, 2]), by: rule, request: request)
    }

    @Test func `Modbus ASCII gives what RTU gives`() {
        let ascii = FramingRule(.modbusASCII)
        let read = Array(":11030001000EDD\r\n".utf8)
        let reply = Array(":110304008D008ECD\r\n".utf8)
        let content: [UInt8] = [0x11, 3, 4, 0, 0x8D, 0, 0x8E]
        expectTold([.frame(content)], of: reply, by: ascii)
        expectTold([.noise(1), .frame(content)], of: [0] + reply, by: ascii, request: read)
        expectTold([.skipped(17, .echo), .frame(content)], of: read + reply, by: ascii, request: read)
        let stranger = Array(":120304008D008ECC\r\n".utf8)
        expectTold([.skipped(19, .stranger), .frame(content)], of: stranger + reply, by: ascii, request: read)
        let letters = Set(reply.indices.filter { reply[$0] > 0x40 })
        expectEveryFlippedBitRejected(reply, by: ascii, except: letters.union([reply.count - 2]))
    }
}
