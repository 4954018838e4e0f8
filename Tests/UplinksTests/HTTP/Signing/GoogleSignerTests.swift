import AgentTestKit
import FoundationEssentials
import Records
import Simulation
import Testing

@testable import Uplinks

/// Tokens of Google's: how they are asked for, kept and replaced. That the signature is right is read by Google's own
/// code, in `PubSubServiceTests`.
@Suite struct GoogleSignerTests {
    private let account: ServiceAccountFile
    private let clock = ManualClock(wallMilliseconds: 1_787_476_445_000)

    init() async throws { account = try await ServiceAccountFile(tokenURL: "https://oauth2.example/token") }

    private var file: CredentialFile { CredentialFile(path: account.path, holding: .text) }

    private func signer(_ source: GoogleSigner.Source) -> any RequestSigner {
        GoogleSigner(source, scope: "https://www.googleapis.com/auth/pubsub", clock: clock)
    }

    private func token(_ signer: any RequestSigner, over exchange: ScriptedExchange) async throws -> String? {
        var request = HTTPRequest(url: try HTTPURL("https://pubsub.googleapis.com"))
        try await signer.sign(&request, over: exchange)
        return request.fields["authorization"]
    }

    private static func answer(_ token: String, _ seconds: Int = 3599) -> HTTPResponse {
        HTTPResponse(
            status: 200,
            body: Array("{\"access_token\":\"\(token)\",\"expires_in\":\(seconds),\"token_type\":\"Bearer\"}".utf8))
    }

    /// The members of a part of a token, such as `iss`.
    private func members(_ part: Substring) throws -> JSONMembers {
        let text = Array(part.utf8)
        let bytes = Base64URL.bytes(text.span)
        return try #require(bytes.flatMap { JSONMembers($0) })
    }

    @Test func `a service account signs for a token that is kept until shortly before its end`() async throws {
        let exchange = ScriptedExchange { _, _, count in Self.answer("ya29.\(count)") }
        let signer = signer(.serviceAccount(file))
        #expect(try await token(signer, over: exchange) == "Bearer ya29.0")
        clock.advance(milliseconds: 3_200_000)
        #expect(try await token(signer, over: exchange) == "Bearer ya29.0")
        clock.advance(milliseconds: 200_000)
        #expect(try await token(signer, over: exchange) == "Bearer ya29.1")
        let request = exchange.requests[0]
        #expect(request.url.text == "https://oauth2.example/token" && request.method == "POST")
        let mark = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion="
        let body = String(decoding: request.body, as: UTF8.self)
        #expect(body.hasPrefix(mark))
        let parts = body.dropFirst(mark.count).split(separator: ".")
        #expect(parts.count == 3)
        let header = try members(parts[0])
        #expect(header["alg"] == "RS256" && header["typ"] == "JWT" && header["kid"] == "k1")
        let claims = try members(parts[1])
        #expect(claims["iss"] == ServiceAccountFile.email && claims["aud"] == "https://oauth2.example/token")
        #expect(claims["scope"] == "https://www.googleapis.com/auth/pubsub")
        #expect(claims["iat"] == "1787476445" && claims["exp"] == "1787480045")
    }

    @Test func `a gateway without the time asks for no token with a key, but does with a machine's account`()
        async throws
    {
        clock.change { $0.wallMilliseconds = 0 }
        let exchange = ScriptedExchange { _, _, _ in Self.answer("t") }
        let failure = await #expect(throws: SigningFailure.self) {
            try await token(signer(.serviceAccount(file)), over: exchange)
        }
        #expect(failure?.isAlarm == false && exchange.requests.isEmpty)
        let machine = signer(.metadataServer(GoogleSigner.metadataServer, over: exchange))
        #expect(try await token(machine, over: ScriptedExchange()) == "Bearer t")
        let request = exchange.requests[0]
        #expect(request.method == "GET" && request.fields["metadata-flavor"] == "Google")
        #expect(
            request.url.text
                == "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token"
                + "?scopes=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fpubsub")
    }

    @Test func `a token that is refused is replaced once, and a new one is not asked for at every refusal`()
        async throws
    {
        let exchange = ScriptedExchange { _, _, count in Self.answer("t\(count)") }
        let signer = signer(.metadataServer(GoogleSigner.metadataServer, over: exchange))
        _ = try await token(signer, over: exchange)
        #expect(await signer.wasRefused(HTTPResponse(status: 401)) == false)
        _ = try await token(signer, over: exchange)
        clock.advance(milliseconds: 60_000)
        #expect(await signer.wasRefused(HTTPResponse(status: 401)))
        #expect(try await token(signer, over: exchange) == "Bearer t2")
    }

    @Test(arguments: [
        "", "[]", "{}", "{\"access_token\":\"\"}", "{\"access_token\":\"a\\nb\"}", "<html>", "{\"access_token\":{}}",
    ])
    func `an answer without a token is an alarm`(body: String) async throws {
        let exchange = ScriptedExchange { _, _, _ in HTTPResponse(status: 200, body: Array(body.utf8)) }
        let failure = await #expect(throws: SigningFailure.self) {
            try await token(signer(.serviceAccount(file)), over: exchange)
        }
        #expect(failure?.isAlarm == true)
    }

    @Test func `a token server that refuses says why, without what it was sent`() async throws {
        let exchange = ScriptedExchange { request, _, _ in
            let body =
                "{\"error\":\"invalid_grant\",\"error_description\":\"Invalid JWT Signature.\",\"sent\":\""
                + String(decoding: request.body, as: UTF8.self) + "\"}"
            return HTTPResponse(status: 400, body: Array(body.utf8))
        }
        let failure = await #expect(throws: SigningFailure.self) {
            try await token(signer(.serviceAccount(file)), over: exchange)
        }
        #expect(
            failure?.reason == "the token server https://oauth2.example gives no token: HTTP 400: invalid_grant: "
                + "Invalid JWT Signature.")
    }

    @Test func `a key file that is none, or that sends a signature over plain HTTP, is refused`() async throws {
        for text in ["", "{}", account.text.replacing("BEGIN", with: "BEGUN")] {
            #expect(ServiceAccount(reading: text) == nil)
        }
        #expect(ServiceAccount(reading: account.text) != nil)
        #expect(ServiceAccount(reading: account.text.replacing("https://oauth2", with: "http://oauth2")) == nil)
        #expect(
            ServiceAccount(reading: account.text.replacing("https://oauth2.example", with: "http://127.0.0.1:1")) != nil
        )
    }
}
