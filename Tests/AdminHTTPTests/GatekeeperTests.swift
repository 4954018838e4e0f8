import Agent
import HTTPTypes
import Testing

@testable import AdminHTTP

@Suite struct GatekeeperTests {
    private let network: Gatekeeper = {
        var listener = AdminConfiguration.Listener(host: "192.168.7.2", port: 8700)
        listener.readToken = AdminToken("read-read-read-read")
        listener.writeToken = AdminToken("write-write-write-write")
        listener.hosts = ["gateway.example"]
        return Gatekeeper(door: .network(listener))
    }()

    private func request(
        _ host: String? = "192.168.7.2:8700", token: String? = nil, origin: String? = nil
    ) -> HTTPRequest {
        var request = HTTPRequest(method: .get, scheme: "http", authority: host, path: "/status")
        request.headerFields[.authorization] = token
        request.headerFields[.origin] = origin
        return request
    }

    @Test(arguments: [
        nil, "", "Bearer", "Bearer ", "Bearer read-read-read-rea", "Bearer read-read-read-readx", "Basic cmVhZA==",
        "read-read-read-read", "Bearer  read-read-read-read", "Bearer READ-READ-READ-READ",
    ]) func `over the network nobody is let in without a token that fits`(token: String?) {
        #expect(network.refusal(of: request(token: token), needing: .read) == .unproven)
        #expect(network.refusal(of: request(token: token), needing: .write) == .unproven)
        #expect(network.refusal(of: request(token: token), needing: nil) == nil)
    }

    @Test func `a token grants its role and no more`() {
        let (reads, writes) = (
            request(token: "Bearer read-read-read-read"), request(token: "bearer write-write-write-write")
        )
        #expect(network.refusal(of: reads, needing: .read) == nil)
        #expect(network.refusal(of: reads, needing: .write) == .forbidden)
        #expect(network.refusal(of: writes, needing: .read) == nil)
        #expect(network.refusal(of: writes, needing: .write) == nil)
    }

    @Test(arguments: ["evil.example", "evil.example:8700", "gateway.example.evil.example", "1.2.3", "999.1.1.1"])
    func `a name that somebody points here is refused`(host: String) {
        #expect(network.refusal(of: request(host, token: "Bearer read-read-read-read"), needing: .read) == .strangeHost)
        #expect(network.refusal(of: request(host), needing: nil) == .strangeHost)
    }

    @Test(arguments: ["localhost:8700", "GATEWAY.example", "127.0.0.1", "[::1]:8700", "192.168.7.2:8700"])
    func `an address, localhost and the names that are configured are ours`(host: String) {
        #expect(network.refusal(of: request(host, token: "Bearer read-read-read-read"), needing: .read) == nil)
    }

    @Test func `a page of another site may not change anything, whatever it carries`() {
        let token = "Bearer write-write-write-write"
        #expect(
            network.refusal(of: request(token: token, origin: "http://evil.example"), needing: .write)
                == .strangeOrigin)
        #expect(network.refusal(of: request(token: token, origin: "null"), needing: .write) == .strangeOrigin)
        #expect(
            network.refusal(of: request(token: token, origin: "http://192.168.7.2:8700"), needing: .write) == nil)
        let socket = Gatekeeper(door: .socket(.write))
        #expect(socket.refusal(of: request("x", origin: "http://y"), needing: .write) == .strangeOrigin)
    }

    @Test func `who shows a certificate has the role that the configuration gives`() {
        var listener = AdminConfiguration.Listener(host: "0.0.0.0", port: 8700)
        listener.tls = .init(certificateFile: "c", keyFile: "k", clientAuthorityFile: "a")
        #expect(Gatekeeper(door: .network(listener)).role(of: request()) == .read)
        listener.clientRole = .write
        #expect(Gatekeeper(door: .network(listener)).role(of: request()) == .write)
        listener.tls?.clientAuthorityFile = nil
        #expect(Gatekeeper(door: .network(listener)).role(of: request()) == nil)
    }

    @Test func `a token is compared as a whole, whatever is shown first`() {
        let token = AdminToken("abcdefghijklmnop")
        #expect(token.matches("abcdefghijklmnop"))
        for wrong in [
            "", "a", "abcdefghijklmno", "abcdefghijklmnopa", "abcdefghijklmnopabcdefghijklmnop", "bbcdefghijklmnop",
        ] {
            #expect(!token.matches(wrong), "\(wrong)")
        }
        #expect("\(token)" == "***")
    }
}
