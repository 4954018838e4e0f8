import Records

/// An error as AWS's JSON protocols tell it: its name in the body or in a field, whatever the status.
struct AmazonError {
    /// Such as `ResourceNotFoundException`; nil where it has none.
    let name: String?
    private let response: HTTPResponse
    private let message: String

    init(_ response: HTTPResponse) {
        self.response = response
        let members = JSONMembers(response.body)
        // `com.amazonaws.kinesis.v20131202#Name`, or `Name:http://…` in a field.
        let text = members?["__type"] ?? response.fields["x-amzn-errortype"]
        name = text.flatMap { $0.split(separator: "#").last?.split(separator: ":").first.map(String.init) }
        // Behind the first line of a refused signature stands what was signed, a session token with it.
        let words = members?["message"] ?? members?["Message"] ?? ""
        message = ResponseVerdict.firstWords(of: words.prefix { !$0.isNewline }.utf8)
    }

    /// What it means for a request.
    var verdict: ResponseVerdict {
        guard let name else { return ResponseVerdict(status: response) }
        let reason = "HTTP \(response.status) \(name)" + (message.isEmpty ? "" : ": \(message)")
        if Self.credentialErrors.contains(name) { return .unauthorized(reason: reason) }
        if Self.requestErrors.contains(name) { return .refused(reason: reason) }
        if response.status == 413 { return .tooLarge(reason: reason) }
        let isPassing = response.status >= 500 || Self.passingErrors.contains(name)
        return .retry(after: RetryAfter(response), reason: reason, isAlarm: !isPassing)
    }

    /// Whether an error that a single record got needs a person.
    static func needsPerson(_ name: String) -> Bool { !passingErrors.contains(name) && name != "InternalFailure" }

    /// The proof of who sends it was not accepted.
    private static let credentialErrors: Set<String> = [
        "AccessDeniedException", "ExpiredTokenException", "IncompleteSignature", "IncompleteSignatureException",
        "InvalidClientTokenId", "InvalidSignatureException", "MissingAuthenticationToken",
        "MissingAuthenticationTokenException", "NotAuthorized", "OptInRequired", "RequestExpired",
        "SignatureDoesNotMatch", "UnrecognizedClientException",
    ]
    /// Something in the request is to blame.
    private static let requestErrors: Set<String> = [
        "InvalidArgumentException", "SerializationException", "ValidationException",
    ]
    /// These pass by themselves.
    private static let passingErrors: Set<String> = [
        "InternalFailureException", "KMSThrottlingException", "LimitExceededException",
        "ProvisionedThroughputExceededException", "RequestTimeoutException", "ServiceUnavailable", "Throttling",
        "ThrottlingException",
    ]
}
