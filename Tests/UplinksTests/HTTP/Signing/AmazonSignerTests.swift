import AgentTestKit
import Records
import Simulation
import Testing

@testable import Uplinks

/// Where keys of AWS come from, how long they are used, and what a clock that is wrong does.
@Suite struct AmazonSignerTests {
    private let folder: TemporaryFolder
    private let clock = ManualClock(wallMilliseconds: 1_787_476_445_000)

    init() throws { folder = try TemporaryFolder("key") }

    private func signer(_ source: AmazonSigner.Source) -> any RequestSigner {
        AmazonSigner(region: "eu-central-1", service: "kinesis", source: source, clock: clock)
    }

    private func signed(_ signer: any RequestSigner, over exchange: ScriptedExchange = .init()) async throws
        -> HTTPFields
    {
        var request = HTTPRequest(url: try HTTPURL("https://kinesis.eu-central-1.amazonaws.com"))
        try await signer.sign(&request, over: exchange)
        return request.fields
    }

    @Test(arguments: [
        "", "{}", "{\"AccessKeyId\":\"A\"}", "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"\"}",
        "[default]\nregion = x\n",
        "aws_access_key_id = A\naws_secret_access_key = B\n", "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"B\"", "[]",
        "{\"AccessKeyId\":\"A B\",\"SecretAccessKey\":\"C\"}",
    ])
    func `what is no access key is none`(text: String) {
        #expect(AmazonKey(reading: text) == nil)
    }

    @Test func `keys are read as AWS's own tools write them`() throws {
        let file = try #require(
            AmazonKey(
                reading: "# mine\r\n[other]\r\naws_access_key_id=X\r\naws_secret_access_key=Y\r\n\r\n[ default ]\r\n"
                    + "aws_access_key_id = AKID\r\n; old\r\nAWS_Secret_Access_Key = s/e+c=ret\r\n"
                    + "aws_session_token=tok\r\n"))
        #expect(file.id == "AKID" && file.secret.exposed == "s/e+c=ret" && file.sessionToken?.exposed == "tok")
        #expect(file.expiry == nil)
        #expect(AmazonKey(reading: "[plant7]\naws_access_key_id=X\naws_secret_access_key=Y")?.id == "X")
        let assumed = try #require(
            AmazonKey(
                reading: "{\"Credentials\": {\"AccessKeyId\": \"ASIA\", \"SecretAccessKey\": \"b\", \"SessionToken\": "
                    + "\"c\", \"Expiration\": \"2026-08-23T09:14:05+00:00\"}, \"AssumedRoleUser\": {\"Arn\": \"a\"}}"))
        #expect(assumed.id == "ASIA" && assumed.sessionToken?.exposed == "c")
        #expect(!"\(assumed)".contains("exposed"))
        let provided = AmazonKey(
            reading: "{\"credentials\":{\"accessKeyId\":\"ASIA\",\"secretAccessKey\":\"b\",\"sessionToken\":\"c\","
                + "\"expiration\":\"2026-08-23T09:14:05Z\"}}")
        #expect(provided?.expiry == 1_787_476_445_000)
    }

    @Test func `a file is read again when it changes, and a temporary key shows its token`() async throws {
        try folder.write("aws", "[default]\naws_access_key_id=AKID\naws_secret_access_key=one\n")
        let signer = signer(.file(CredentialFile(path: folder.file("aws"), holding: .text)))
        let first = try await signed(signer)
        #expect(first["x-amz-date"] == "20260823T091405Z")
        #expect(first["x-amz-security-token"] == nil)
        #expect(
            first["authorization"]?.hasPrefix(
                "AWS4-HMAC-SHA256 Credential=AKID/20260823/eu-central-1/kinesis/aws4_request, "
                    + "SignedHeaders=host;x-amz-date, Signature=") == true)
        #expect(await signer.wasRefused(HTTPResponse(status: 403)) == false)
        try folder.write("aws", "{\"AccessKeyId\":\"ASIA\",\"SecretAccessKey\":\"two\",\"SessionToken\":\"tok\"}")
        #expect(await signer.wasRefused(HTTPResponse(status: 403)))
        let second = try await signed(signer)
        #expect(second["x-amz-security-token"] == "tok")
        #expect(second["authorization"]?.contains("SignedHeaders=host;x-amz-date;x-amz-security-token,") == true)
    }

    @Test func `a gateway without the time signs nothing, and that is no alarm`() async throws {
        try folder.write("aws", "[default]\naws_access_key_id=AKID\naws_secret_access_key=one\n")
        let signer = signer(.file(CredentialFile(path: folder.file("aws"), holding: .text)))
        clock.change { $0.wallMilliseconds = 86_400_000 }
        let exchange = ScriptedExchange()
        let uplink = HTTPUplink(
            gateway: Sample.gateway, form: try ScriptedForm(), signer: signer, exchange: exchange, clock: clock)
        guard case .retry(nil, let reason, false) = await uplink.send(Sample.batch(count: 3)) else {
            Issue.record("it must be a retry without an alarm")
            return
        }
        #expect(reason.contains("clock is not set"))
        #expect(exchange.requests.isEmpty)
        clock.change { $0.wallMilliseconds = 1_787_476_445_000 }
        #expect(await uplink.send(Sample.batch(count: 3)) == .acknowledged(through: SequenceNumber(3)))
    }

    @Test func `a clock that is wrong is corrected by what AWS says, once and not by seconds`() async throws {
        try folder.write("aws", "[default]\naws_access_key_id=AKID\naws_secret_access_key=one\n")
        let signer = signer(.file(CredentialFile(path: folder.file("aws"), holding: .text)))
        let response = HTTPResponse(status: 400, fields: ["date": "Sun, 23 Aug 2026 10:14:05 GMT"])
        #expect(await signer.wasRefused(response))
        #expect(try await signed(signer)["x-amz-date"] == "20260823T101405Z")
        #expect(await signer.wasRefused(response) == false)
        let nearly = HTTPResponse(status: 400, fields: ["date": "Sun, 23 Aug 2026 10:15:05 GMT"])
        #expect(await signer.wasRefused(nearly) == false)
    }

    private static func key(_ id: String, until expiry: String) -> HTTPResponse {
        let text =
            "{\"Code\":\"Success\",\"AccessKeyId\":\"\(id)\",\"SecretAccessKey\":\"s\",\"Token\":\"t\","
            + "\"Expiration\":\"\(expiry)\"}"
        return HTTPResponse(status: 200, body: Array(text.utf8))
    }

    @Test func `the key of an instance is fetched by a session, kept, and fetched again before its end`() async throws {
        let metadata = ScriptedExchange { request, _, count in
            switch (request.method, request.url.path) {
            case ("PUT", "/latest/api/token"): return HTTPResponse(status: 200, body: Array("session".utf8))
            case ("GET", "/latest/meta-data/iam/security-credentials/"):
                return HTTPResponse(status: 200, body: Array("gateway role\n".utf8))
            default:
                #expect(request.url.path == "/latest/meta-data/iam/security-credentials/gateway%20role")
                #expect(request.fields["x-aws-ec2-metadata-token"] == "session")
                return Self.key("ASIA\(count)", until: "2026-08-23T15:14:05Z")
            }
        }
        let direct = ScriptedExchange { _, _, _ in throw ExchangeFailure("the metadata must not go this way") }
        let signer = signer(.instanceMetadata(AmazonSigner.instanceMetadata, over: metadata))
        #expect(try await signed(signer, over: direct)["authorization"]?.contains("Credential=ASIA2/") == true)
        clock.advance(milliseconds: 5 * 3_600_000)
        #expect(try await signed(signer, over: direct)["authorization"]?.contains("Credential=ASIA2/") == true)
        #expect(metadata.requests.count == 3)
        clock.advance(milliseconds: 3_400_000)
        #expect(try await signed(signer, over: direct)["authorization"]?.contains("Credential=ASIA5/") == true)
    }

    @Test func `while a key is good, it does not matter that another cannot be had`() async throws {
        let url = try HTTPURL("https://c.credentials.iot.eu-central-1.amazonaws.com/role-aliases/gw/credentials")
        let exchange = ScriptedExchange { request, _, count in
            #expect(request.method == "GET" && request.url == url)
            return count == 0 ? Self.key("ASIA", until: "2026-08-23T10:14:05Z") : HTTPResponse(status: 503)
        }
        let signer = signer(.role(url))
        for minutes in [0, 56, 57, 59] {
            clock.change { $0.bootMilliseconds = 60_000 + Int64(minutes) * 60_000 }
            #expect(try await signed(signer, over: exchange)["authorization"]?.contains("ASIA/") == true)
        }
        #expect(exchange.requests.count == 4)
        clock.change { $0.bootMilliseconds = 60_000 + 3_600_000 }
        let failure = await #expect(throws: SigningFailure.self) { try await signed(signer, over: exchange) }
        #expect(failure?.isAlarm == false && failure?.reason.contains("HTTP 503") == true)
    }

    @Test func `a provider that does not want to is an alarm that says why`() async throws {
        let url = try HTTPURL("https://c.example/role-aliases/gw/credentials")
        let exchange = ScriptedExchange { _, _, _ in
            HTTPResponse(status: 403, body: Array("{\"message\":\"Access Denied\",\"token\":\"geheim\"}".utf8))
        }
        let failure = await #expect(throws: SigningFailure.self) {
            try await signed(signer(.role(url)), over: exchange)
        }
        #expect(failure?.isAlarm == true)
        #expect(failure?.reason == "the credential provider https://c.example gives no token: HTTP 403: Access Denied")
    }
}
