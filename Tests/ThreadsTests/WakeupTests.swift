import Glibc
import Testing
import Threads

@Suite struct WakeupTests {
    @Test func `a signal wakes poll until it is cleared`() throws {
        let wakeup = try #require(Wakeup())
        #expect(!isReadable(wakeup))
        wakeup.signal()
        #expect(isReadable(wakeup))
        #expect(isReadable(wakeup))
        wakeup.clear()
        #expect(!isReadable(wakeup))
    }

    @Test func `more signals than the pipe holds neither block nor stay behind`() throws {
        let wakeup = try #require(Wakeup())
        for _ in 0..<200_000 { wakeup.signal() }
        #expect(isReadable(wakeup))
        wakeup.clear()
        #expect(!isReadable(wakeup))
    }

    @Test func `a signal from another thread ends a poll without a timeout`() throws {
        let wakeup = try #require(Wakeup())
        #expect(OwnThread.start(named: "waker") { wakeup.signal() })
        #expect(isReadable(wakeup, timeoutMilliseconds: -1))
    }

    @Test func `no program started from here inherits the descriptor`() throws {
        let wakeup = try #require(Wakeup())
        #expect(fcntl(wakeup.descriptor, F_GETFD) & FD_CLOEXEC != 0)
    }

    private func isReadable(_ wakeup: Wakeup, timeoutMilliseconds: Int32 = 0) -> Bool {
        var entry = pollfd(fd: wakeup.descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, timeoutMilliseconds) == 1 && entry.revents & Int16(POLLIN) != 0
    }
}
