import AgentTestKit
import Records
import Synchronization
import Testing

@testable import Uplinks

@Suite struct SigningTests {
    private let url: HTTPURL

    init() throws { url = try HTTPURL("https://ns.servicebus.windows.net/hub/messages?api-version=2014-01") }

    private func uplink(_ exchange: ScriptedExchange, signer: any RequestSigner) throws -> HTTPUplink {
        HTTPUplink(
            gateway: Sample.gateway, form: try ScriptedForm(), signer: signer, exchange: exchange,
            clock: StandingClock())
    }

    @Test func `a token that was replaced on disk is used at once, and before that nothing is rejected`() async throws {
        let folder = try TemporaryFolder("token")
        try folder.write("token", "old\n")
        let exchange = ScriptedExchange { request, _, _ in
            HTTPResponse(status: request.fields["authorization"] == "Bearer new" ? 200 : 401)
        }
        let signer = FieldSigner(
            name: "authorization", prefix: "Bearer ", file: CredentialFile(path: folder.file("token")))
        let uplink = try uplink(exchange, signer: signer)
        for _ in 1...60 {
            guard case .retry(_, _, true) = await uplink.send(Sample.batch(count: 3)) else {
                Issue.record("a wrong token is a retry with an alarm")
                return
            }
        }
        #expect(exchange.requests.count == 60)
        try folder.write("token", "new\n")
        #expect(await uplink.send(Sample.batch(count: 3)) == .acknowledged(through: SequenceNumber(3)))
    }

    @Test func `a token that is replaced while a request is under way is tried at once`() async throws {
        let folder = try TemporaryFolder("token")
        try folder.write("token", "old\n")
        let exchange = ScriptedExchange { request, _, count in
            if count == 0 { try folder.write("token", "newer\n") }
            return HTTPResponse(status: request.fields["x-api-key"] == "newer" ? 200 : 403)
        }
        let signer = FieldSigner(name: "x-api-key", file: CredentialFile(path: folder.file("token")))
        let uplink = try uplink(exchange, signer: signer)
        #expect(await uplink.send(Sample.batch(count: 3)) == .acknowledged(through: SequenceNumber(3)))
        #expect(exchange.requests.count == 2)
    }

    @Test(arguments: [nil, "", "\n", "two\nlines\n", "a\0b"] as [String?])
    func `a file that holds no secret is an alarm that names it and not what is in it`(content: String?) async throws {
        let folder = try TemporaryFolder("token")
        if let content { try folder.write("token", content) }
        let exchange = ScriptedExchange()
        let signer = PasswordSigner(username: "gw", file: CredentialFile(path: folder.file("token")))
        guard
            case .retry(_, let reason, true) = await (try uplink(exchange, signer: signer)).send(Sample.batch(count: 1))
        else {
            Issue.record("it must be an alarm")
            return
        }
        #expect(reason.contains(folder.file("token")))
        #expect(!reason.contains("two"))
        #expect(exchange.requests.isEmpty)
    }

    @Test func `a name and a password travel as RFC 7617 says`() async throws {
        let folder = try TemporaryFolder("token")
        try folder.write("password", "open sesame\r\n")
        var request = HTTPRequest(url: url)
        try PasswordSigner(username: "Aladdin", file: CredentialFile(path: folder.file("password")))
            .sign(&request, over: ScriptedExchange())
        #expect(request.fields["Authorization"] == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
    }

    @Test func `a shared access signature is kept, made anew before it ends, and not made without the time`() throws {
        let folder = try TemporaryFolder("token")
        try folder.write(
            "hub",
            "Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=a+b/c=;EntityPath=hub")
        let clock = ManualClock(wallMilliseconds: 1_787_476_445_000)
        let signer = SharedAccessSigner(.eventHubs, file: CredentialFile(path: folder.file("hub")), clock: clock)
        func token() throws -> String? {
            var request = HTTPRequest(url: url)
            try signer.sign(&request, over: ScriptedExchange())
            return request.fields["authorization"]
        }
        let first = try #require(try token())
        #expect(first.hasPrefix("SharedAccessSignature sr=https%3A%2F%2Fns.servicebus.windows.net%2Fhub&sig="))
        #expect(first.hasSuffix("&se=1787480045&skn=send"))
        clock.advance(milliseconds: 2_900_000)
        #expect(try token() == first)
        clock.advance(milliseconds: 200_000)
        #expect(try token() != first)
        clock.change { $0.wallMilliseconds = 1_000_000 }
        #expect(throws: SigningFailure.self) { try token() }
    }
}
