import AgentTestKit
import Compression
import Records
import Simulation
import Testing

@testable import Uplinks

/// Against real sockets: what the far side may do wrong, and what that means for the cursor.
@Suite struct HTTPLinkTests {
    private func link(_ change: (inout HTTPLink.Configuration) -> Void = { _ in }) -> HTTPLink {
        var configuration = HTTPLink.Configuration()
        configuration.responseTimeout = .seconds(2)
        configuration.totalTimeout = .seconds(4)
        change(&configuration)
        return HTTPLink(configuration)
    }

    private func uplink(
        _ url: String, _ link: HTTPLink, compression: BodyCompression = .none, recordsMax: Int = 100
    ) throws -> HTTPUplink {
        let form = BatchForm(
            url: try URLTemplate(url), encoder: CloudEventsEncoder(),
            limits: RequestLimits(recordsMax: recordsMax, sizeTarget: 256 << 10))
        return HTTPUplink(
            gateway: Sample.gateway, form: form, compression: compression, exchange: link, clock: StandingClock())
    }

    private func sequences(_ requests: [HTTPPeer.Request]) -> [UInt64] {
        requests.flatMap { ScriptedExchange.sequences(in: $0.content) }
    }

    @Test func `records arrive in order over one connection, and every byte of it is counted`() async throws {
        let peer = try await HTTPPeer("status:204")
        let link = link()
        let uplink = try uplink(peer.url + "/in/{stream}", link)
        #expect(await uplink.send(Sample.batch(count: 1000)) == .acknowledged(through: SequenceNumber(1000)))
        let requests = try peer.requests
        #expect(sequences(requests) == Array(1...1000))
        #expect(Set(requests.map(\.path)) == ["/in/telemetry"])
        #expect(requests.allSatisfy { $0.fields["content-type"] == "application/cloudevents-batch+json" })
        #expect(requests.allSatisfy { $0.fields["user-agent"] == "millrace" })
        let bodies = requests.reduce(0) { $0 + $1.content.count }
        let heads = Int(link.traffic.bytesSent) - bodies
        #expect((10 * 100...10 * 400).contains(heads), "\(heads) bytes are not the heads of ten requests")
        #expect((10 * 60...10 * 400).contains(Int(link.traffic.bytesReceived)))
        await uplink.close()
    }

    @Test func `a link that is suspended keeps no connection, and opens one when it is used again`() async throws {
        let peer = try await HTTPPeer("status:204")
        let uplink = try uplink(peer.url, link())
        for _ in 1...2 {
            #expect(await uplink.send(Sample.batch(count: 300)) == .acknowledged(through: SequenceNumber(300)))
            #expect(connectionCount(to: peer.port) == 1)
            await uplink.suspend()
            #expect(await eventually { connectionCount(to: peer.port) == 0 })
        }
        await uplink.close()
    }

    /// Connections of this machine to a port that are established (proc_net_tcp, state 1).
    private func connectionCount(to port: UInt16) -> Int {
        TemporaryFolder.contents(of: "/proc/self/net/tcp").split(separator: "\n").count { line in
            let fields = line.split(separator: " ")
            return fields.count > 3 && fields[3] == "01"
                && fields[2].split(separator: ":").last.flatMap { UInt16($0, radix: 16) } == port
        }
    }

    @Test func `a gzipped body is one that others can read, and a zstd one is a frame`() async throws {
        let peer = try await HTTPPeer("status:200")
        let gzip = try uplink(peer.url, link(), compression: .gzip(level: 6))
        #expect(await gzip.send(Sample.batch(count: 500)) == .acknowledged(through: SequenceNumber(500)))
        #expect(sequences(try peer.requests) == Array(1...500))
        let link = link()
        let zstd = try uplink(peer.url, link, compression: .zstd(level: 3))
        #expect(await zstd.send(Sample.batch(count: 500)) == .acknowledged(through: SequenceNumber(500)))
        let frames = try peer.requests.suffix(5)
        #expect(frames.allSatisfy { $0.fields["content-encoding"] == "zstd" })
        let bodies = try frames.map { frame in
            try ZstandardDecompressor().decompress(frame.content.span.bytes, sizeMax: 1 << 20)
        }
        #expect(bodies.flatMap { ScriptedExchange.sequences(in: $0) } == Array(1...500))
        #expect(link.traffic.bytesSent < 25_000)
        for uplink in [gzip, zstd] { await uplink.close() }
    }

    @Test(arguments: [
        "slow-headers", "drip", "silence", "half-body", "garbage", "close", "close-early", "huge-headers",
    ])
    func `P2 a response that never comes to its end confirms nothing`(behaviour: String) async throws {
        let peer = try await HTTPPeer(behaviour)
        let uplink = try uplink(peer.url, link())
        guard case .retry(_, let reason, _) = await uplink.send(Sample.batch(count: 300)) else {
            Issue.record("\(behaviour) must be a retry")
            return
        }
        #expect(!reason.isEmpty && reason.count < 400, "\(reason)")
        await uplink.close()
    }

    @Test func `of a response of 100 MB no more is read than is needed`() async throws {
        let peer = try await HTTPPeer("huge")
        let link = link { $0.totalTimeout = .seconds(60) }
        let uplink = try uplink(peer.url, link)
        #expect(await uplink.send(Sample.batch(count: 100)) == .acknowledged(through: SequenceNumber(100)))
        #expect(link.traffic.bytesReceived < 20 << 20)
        await uplink.close()
    }

    @Test func `a redirection to itself is asked once and named`() async throws {
        let peer = try await HTTPPeer("redirect")
        let uplink = try uplink(peer.url + "/in", link())
        guard case .retry(_, let reason, true) = await uplink.send(Sample.batch(count: 1)) else {
            Issue.record("a redirection is an alarm")
            return
        }
        #expect(reason.contains(peer.url + "/inx"))
        #expect(try peer.requests.count == 1)
        await uplink.close()
    }

    @Test func `a wait that is asked for is handed on`() async throws {
        let peer = try await HTTPPeer("busy:17")
        let uplink = try uplink(peer.url, link())
        guard case .retry(.seconds(17), _, false) = await uplink.send(Sample.batch(count: 1)) else {
            Issue.record("Retry-After must be handed on")
            return
        }
        await uplink.close()
    }

    @Test func `P8 one poison record among 10,000 is rejected with the reason, and the others arrive`() async throws {
        let peer = try await HTTPPeer("poison:{\"n\":7777}")
        let uplink = try uplink(peer.url, link { $0.responseTimeout = .seconds(30) }, recordsMax: 500)
        var forwarding = Forwarding(Sample.batch(count: 10_000).records)
        await forwarding.run(uplink, batchMax: 2000)
        #expect(forwarding.rejected == [7777])
        #expect(forwarding.reasons.first?.contains("no such unit") == true)
        #expect(forwarding.left.isEmpty && forwarding.retries == 0)
        // Those that were answered with 400 hold the poison.
        let taken = try peer.requests.filter { !String(decoding: $0.content, as: UTF8.self).contains("{\"n\":7777}") }
        #expect(sequences(taken) == (1...10_000).filter { $0 != 7777 })
        await uplink.close()
    }

    @Test func `401 for an hour, then good credentials: nothing is rejected and everything is delivered`() async throws
    {
        let folder = try TemporaryFolder("token")
        try folder.write("wanted", "right\n")
        try folder.write("token", "wrong\n")
        let peer = try await HTTPPeer("authorization:\(folder.file("wanted"))")
        let form = BatchForm(
            url: try URLTemplate(peer.url), encoder: CloudEventsEncoder(),
            limits: RequestLimits(recordsMax: 100, sizeTarget: 256 << 10))
        let signer = FieldSigner(
            name: "authorization", prefix: "Bearer ", file: CredentialFile(path: folder.file("token")))
        let clock = ManualClock()
        let uplink = HTTPUplink(
            gateway: Sample.gateway, form: form, signer: signer, exchange: link(), clock: clock)
        var forwarding = Forwarding(Sample.batch(count: 1000).records)
        for _ in 0..<60 {
            await forwarding.run(uplink, retriesMax: 1)
            clock.advance(milliseconds: 60_000)
        }
        #expect(forwarding.alarms == 60 && forwarding.left.count == 1000)
        try folder.write("token", "right\n")
        await forwarding.run(uplink)
        #expect(forwarding.left.isEmpty && forwarding.rejected.isEmpty)
        let taken = try peer.requests.filter { $0.fields["authorization"] == "Bearer right" }
        #expect(sequences(taken) == Array(1...1000))
        await uplink.close()
    }

    @Test func `nobody there, and a name that nobody has, are retries that say so`() async throws {
        let port = try LoopbackListener().port
        for (url, words) in [
            ("http://127.0.0.1:\(port)", "127.0.0.1:\(port) cannot be reached"),
            ("http://millrace.invalid", "millrace.invalid cannot be resolved"),
        ] {
            let uplink = try uplink(url, link())
            guard case .retry(nil, let reason, false) = await uplink.send(Sample.batch(count: 1)) else {
                Issue.record("\(url) must be a retry")
                return
            }
            #expect(reason.contains(words))
            await uplink.close()
        }
    }

    @Test func `a server that closes after each response costs nothing but a connection`() async throws {
        let peer = try await HTTPPeer("once")
        let uplink = try uplink(peer.url, link())
        var forwarding = Forwarding(Sample.batch(count: 500).records)
        await forwarding.run(uplink, retriesMax: 20)
        #expect(forwarding.left.isEmpty)
        await uplink.close()
    }

    @Test func `a send that is cancelled returns, and confirms nothing`() async throws {
        let peer = try await HTTPPeer("silence")
        let uplink = try uplink(
            peer.url,
            link {
                $0.responseTimeout = .seconds(60); $0.totalTimeout = .seconds(60)
            })
        let sending = Task { await uplink.send(Sample.batch(count: 1)) }
        #expect(await eventually { (try? peer.requests.count) == 1 })
        sending.cancel()
        guard case .retry = await sending.value else {
            Issue.record("nothing was confirmed")
            return
        }
        await uplink.close()
    }

    // MARK: Proxies

    @Test func `a proxy is asked to connect, with the login that it wants`() async throws {
        let peer = try await HTTPPeer("status:200")
        let proxy = try await HTTPPeer("gw:geheim", script: "http_proxy.py")
        let password = try proxy.folder.write("password", "geheim\n")
        let uplink = try uplink(
            peer.url,
            link { $0.proxy = .init(host: "127.0.0.1", port: proxy.port, username: "gw", passwordFile: password) })
        #expect(await uplink.send(Sample.batch(count: 3)) == .acknowledged(through: SequenceNumber(3)))
        #expect(proxy.folder.read("targets") == "CONNECT 127.0.0.1:\(peer.port)\n")
        await uplink.close()
    }

    @Test func `a proxy that wants another login is an alarm, and what it hides is not told, until its file is mended`()
        async throws
    {
        let peer = try await HTTPPeer("status:200")
        let proxy = try await HTTPPeer("gw:geheim", script: "http_proxy.py")
        let path = proxy.folder.file("password")
        let uplink = try uplink(
            peer.url, link { $0.proxy = .init(host: "127.0.0.1", port: proxy.port, username: "gw", passwordFile: path) }
        )
        for (text, words) in [(nil, path), ("", path), ("falsch", "proxy")] as [(String?, String)] {
            if let text { try proxy.folder.write("password", text) }
            guard case .retry(_, let reason, true) = await uplink.send(Sample.batch(count: 3)) else {
                Issue.record("a wrong login is an alarm")
                return
            }
            #expect(reason.contains(words) && !reason.contains("falsch"), "\(reason)")
        }
        #expect(try peer.requests.isEmpty)
        try proxy.folder.write("password", "geheim")
        #expect(await uplink.send(Sample.batch(count: 3)) == .acknowledged(through: SequenceNumber(3)))
        await uplink.close()
    }
}
