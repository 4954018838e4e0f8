import Glibc
import Testing
import Threads

@Suite struct OwnThreadTests {
    @Test(arguments: [("recorder", "recorder"), ("a name of twenty by", "a name of twent")])
    func `a thread carries its name, cut to what the kernel keeps`(name: String, shown: String) {
        let gate = Gate<String?>(nil)
        #expect(OwnThread.start(named: name) { gate.change { $0 = currentThreadName() } })
        #expect(gate.wait { $0 } == shown)
    }

    @Test func `each thread runs its body once, beside the others`() {
        let gate = Gate([Int]())
        for number in 0..<16 {
            #expect(
                OwnThread.start(named: "body-\(number)") {
                    gate.change { $0.append(number) }
                    // All are alive at once: each waits for all.
                    _ = gate.wait { $0.count >= 16 ? true : nil }
                })
        }
        #expect(gate.wait { $0.count >= 16 ? $0.sorted() : nil } == Array(0..<16))
    }
}

private func currentThreadName() -> String {
    let descriptor = open("/proc/thread-self/comm", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = max(0, read(descriptor, &bytes, bytes.count))
    return String(decoding: bytes.prefix(count).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
}
