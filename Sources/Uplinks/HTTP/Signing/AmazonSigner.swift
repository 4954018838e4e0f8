import Records
import Synchronization

/// Proves who sends a request to AWS, by Signature Version 4.
public final class AmazonSigner: RequestSigner {
    /// Where the access key comes from.
    public enum Source: Sendable {
        /// A file, as ``AmazonKey/init(reading:)`` reads it; read again when it changes.
        case file(CredentialFile)
        /// The credential provider of AWS IoT: a temporary key for who shows the gateway's certificate.
        case role(HTTPURL)
        /// The metadata service of an EC2 instance (IMDSv2), over an exchange that knows no proxy.
        case instanceMetadata(HTTPURL, over: any HTTPExchange)
    }

    /// Where EC2's metadata service is.
    public static var instanceMetadata: HTTPURL { .constant("http://169.254.169.254") }

    /// A clock that is wrong by less is right enough for AWS, seconds.
    private static let skewMin: Int64 = 240

    private let signature: SignatureV4
    private let source: Source
    private let clock: any GatewayClock
    private let lease: Lease<AmazonKey>
    /// What is added to the gateway's clock, seconds: AWS has said that it is wrong.
    private let skew = Mutex<Int64>(0)

    /// - Parameters:
    ///   - region: such as `eu-central-1`.
    ///   - service: as AWS calls it in signatures, such as `kinesis`.
    ///   - source: where the key comes from.
    ///   - clock: for the time of signatures.
    public init(region: String, service: String, source: Source, clock: any GatewayClock) {
        signature = SignatureV4(region: region, service: service)
        self.source = source
        self.clock = clock
        lease = Lease(clock: clock)
    }

    /// Sets `x-amz-date`, `authorization`, and `x-amz-security-token` where the key is a temporary one.
    ///
    /// - Throws: ``SigningFailure`` where there is no key now, or the clock was never set.
    public func sign(_ request: inout HTTPRequest, over exchange: any HTTPExchange) async throws(SigningFailure) {
        let now = try clock.signingSeconds() + skew.withLock { $0 }
        let key = try await key(over: exchange)
        request.fields["x-amz-date"] = SignatureV4.timestamp(now)
        request.fields["x-amz-security-token"] = key.sessionToken?.exposed
        request.fields["authorization"] = signature.authorization(for: request, key: key)
    }

    /// A key that is fetched is fetched anew; a file may hold another one by now; and where the answer's `date` says
    /// that the gateway's clock is wrong, signatures go by AWS's from now on.
    public func wasRefused(_ response: HTTPResponse) -> Bool {
        let isClockCorrected = correctClock(response)
        let isKeyOther: Bool
        if case .file(let file) = source { isKeyOther = file.readAgain() } else { isKeyOther = lease.forget() }
        return isClockCorrected || isKeyOther
    }

    private func correctClock(_ response: HTTPResponse) -> Bool {
        guard let theirs = response.fields["date"].flatMap({ HTTPDate.milliseconds($0) }) else { return false }
        let needed = (theirs - clock.read().wallMilliseconds) / 1000
        return skew.withLock { skew in
            guard abs(needed - skew) >= Self.skewMin else { return false }
            skew = needed
            return true
        }
    }

    private func key(over exchange: any HTTPExchange) async throws(SigningFailure) -> AmazonKey {
        switch source {
        case .file(let file):
            guard let key = AmazonKey(reading: try file.secret().exposed) else {
                throw SigningFailure("the file \(file.path) holds no access key of AWS: \(Self.keyForms)")
            }
            return key
        case .role(let url):
            let asking = CredentialRequest(server: "the credential provider \(url)", exchange: exchange)
            return try await lease.value { () async throws(SigningFailure) in
                try grant(of: try await asking.response(to: HTTPRequest(method: "GET", url: url)), asking)
            }
        case .instanceMetadata(let url, let direct):
            let asking = CredentialRequest(server: "the instance metadata at \(url)", exchange: direct)
            return try await lease.value { () async throws(SigningFailure) in
                try grant(of: try await Self.roleKey(url, asking), asking)
            }
        }
    }

    /// What a file with an access key may look like, for messages.
    public static let keyForms =
        "a [default] section with aws_access_key_id and aws_secret_access_key, or JSON with "
        + "AccessKeyId and SecretAccessKey"

    private func grant(
        of response: HTTPResponse, _ asking: CredentialRequest
    ) throws(SigningFailure) -> Lease<AmazonKey>.Grant {
        guard let key = AmazonKey(reading: String(decoding: response.body, as: UTF8.self)) else {
            throw asking.nonsense
        }
        let now = clock.read().wallMilliseconds + skew.withLock { $0 } * 1000
        return .init(value: key, lifetime: key.expiry.map { .milliseconds(max(1000, $0 - now)) })
    }

    /// A session, the name of the role, its key: "Use the Instance Metadata Service", version 2.
    private static func roleKey(
        _ base: HTTPURL, _ asking: CredentialRequest
    ) async throws(SigningFailure) -> HTTPResponse {
        func request(_ method: String, _ path: String, _ fields: HTTPFields) -> HTTPRequest {
            var url = base
            url.path = path
            return HTTPRequest(method: method, url: url, fields: fields)
        }
        let session = try await asking.response(
            to: request("PUT", "/latest/api/token", ["x-aws-ec2-metadata-token-ttl-seconds": "60"]))
        let proof: HTTPFields = ["x-aws-ec2-metadata-token": String(decoding: session.body, as: UTF8.self)]
        let folder = "/latest/meta-data/iam/security-credentials/"
        let roles = try await asking.response(to: request("GET", folder, proof))
        guard let role = String(decoding: roles.body, as: UTF8.self).split(whereSeparator: \.isNewline).first else {
            throw SigningFailure("\(asking.server) knows no role; give the instance one")
        }
        return try await asking.response(to: request("GET", folder + HTTPURL.encode(String(role)), proof))
    }
}
