import AgentTestKit
import Glibc
import NIOCore
import Simulation
import Synchronization
import Testing

@testable import AdminHTTP

/// What a command learns from whatever is at the socket.
@Suite struct AdminClientTests {
    private func failure(
        _ path: String, within timeout: Duration = .seconds(30)
    ) async -> AdminClientError? {
        do throws(AdminClientError) {
            _ = try await AdminClient(socket: path, timeout: timeout).get("/status")
            return nil
        } catch {
            return error
        }
    }

    @Test func `where nobody is, it says so and what to look at`() async throws {
        let folder = try TemporaryFolder("client")
        let path = folder.file("admin.sock")
        #expect(await failure(path)?.isAbsent == true)
        // What an agent leaves behind that was killed.
        do { _ = try RawListener(at: path, answering: nil) }
        let left = try #require(await failure(path))
        #expect(left.isAbsent)
        #expect(left.description.contains(path) && left.description.contains("[admin] socket"))
    }

    @Test func `a socket that is for others, or that cannot be one, is no agent that is absent`() async throws {
        let denied = AdminClientError(
            IOError(errnoCode: EACCES, reason: "connect"), at: "/run/a.sock", within: .seconds(1))
        #expect(!denied.isAbsent)
        #expect(denied.description.contains("/run/a.sock") && denied.description.contains("sudo -u millrace"))
        let long = try #require(await failure("/tmp/" + String(repeating: "x", count: 108)))
        #expect(!long.isAbsent && long.description.contains("107 bytes"))
    }

    @Test func `who takes the question and says nothing is waited for no longer than agreed`() async throws {
        let folder = try TemporaryFolder("client")
        let path = folder.file("admin.sock")
        let listener = try RawListener(at: path, answering: nil)
        let error = try #require(await failure(path, within: .milliseconds(100)))
        #expect(!error.isAbsent && error.description.contains("does not answer within"), "\(error)")
        withExtendedLifetime(listener) {}
    }

    @Test(arguments: [
        ("SSH-2.0-OpenSSH_9.2\r\n", "does not speak HTTP"), ("HTTP/1.1 2", "has closed"), ("", "has closed"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "has closed"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "does not speak HTTP"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf", "has closed"),
    ]) func `an answer that is broken is none`(answer: String, words: String) async throws {
        let folder = try TemporaryFolder("client")
        let path = folder.file("admin.sock")
        let listener = try RawListener(at: path, answering: [Array(answer.utf8)])
        let error = try #require(await failure(path))
        #expect(!error.isAbsent && error.description.contains(words), "\(error)")
        withExtendedLifetime(listener) {}
    }

    @Test(arguments: ["plain", "with space", "100%", "%2F", "grün", "a+b&c=d?e#f", "[::1]:80", "UPPER"])
    func `a socket is found whatever its path is made of`(name: String) async throws {
        let folder = try TemporaryFolder("client")
        let path = folder.file(name)
        let answer = "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"
        let listener = try RawListener(at: path, answering: answer.utf8.map { [$0] })
        let reply = try await AdminClient(socket: path).get("/status?a=%2F")
        #expect(reply.status == 201 && reply.isDone && reply.text == "hello!")
        withExtendedLifetime(listener) {}
    }

    @Test func `following ends with the stream, and at once when enough has come`() async throws {
        let folder = try TemporaryFolder("client")
        let path = folder.file("admin.sock")
        let event = "event: record\nid: e/1\ndata: {}\n\n"
        let answer = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n\(event)\(event)"
        let listener = try RawListener(at: path, answering: [Array(answer.utf8)])
        let client = AdminClient(socket: path)
        let count = Mutex(0)
        let all = try await client.follow("/records/live") { _ in
            count.withLock { $0 += 1 }
            return true
        }
        #expect(all == nil, "\(all?.status ?? 0) \(all?.text ?? "")")
        #expect(count.withLock { $0 } == 2)
        let first = try await client.follow("/records/live") { _ in
            count.withLock { $0 += 1 }
            return false
        }
        #expect(first == nil, "\(first?.status ?? 0) \(first?.text ?? "")")
        #expect(count.withLock { $0 } == 3)
        withExtendedLifetime(listener) {}
    }

    @Test func `what is asked for can be given up`() async throws {
        let folder = try TemporaryFolder("client")
        let path = folder.file("admin.sock")
        let listener = try RawListener(at: path, answering: nil)
        let question = Task { await failure(path) }
        question.cancel()
        #expect(await question.value?.description == "cancelled")
        withExtendedLifetime(listener) {}
    }
}
