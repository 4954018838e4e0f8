import Testing

@testable import Uplinks

/// Cases of the suite that AWS publishes for Signature Version 4 (`aws-signing-test-suite`, folder `v4`), with the key
/// that its documentation uses everywhere.
@Suite struct SignatureV4Tests {
    private static let key = AmazonKey(
        id: "AKIDEXAMPLE", secret: Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        var method = "GET"
        var path = "/"
        var query: String?
        var fields: HTTPFields = [:]
        var body = ""
        let names: String
        let signature: String

        var testDescription: String { name }
    }

    private static let cases = [
        Case(
            name: "get-vanilla-with-session-token",
            fields: [
                "X-Amz-Security-Token": "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"
            ],
            names: "host;x-amz-date;x-amz-security-token",
            signature: "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8"),
        Case(
            name: "get-vanilla-query-order-key-case", query: "Param2=value2&Param1=value1", names: "host;x-amz-date",
            signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
        Case(
            name: "get-header-value-trim", fields: ["My-Header1": " value1", "My-Header2": " \"a   b   c\""],
            names: "host;my-header1;my-header2;x-amz-date",
            signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
        Case(
            name: "get-utf8", path: "/\u{1234}", names: "host;x-amz-date",
            signature: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
        Case(
            name: "get-space-unnormalized", path: "/example space/", names: "host;x-amz-date",
            signature: "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"),
        Case(
            name: "post-x-www-form-urlencoded", method: "POST",
            fields: [
                "Content-Type": "application/x-www-form-urlencoded", "Content-Length": "13",
                "x-amz-content-sha256": "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e",
            ],
            body: "Param1=value1", names: "content-length;content-type;host;x-amz-content-sha256;x-amz-date",
            signature: "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b"),
    ]

    @Test(arguments: cases)
    func `requests are signed as the published suite has it`(_ wanted: Case) throws {
        var url = try HTTPURL("https://example.amazonaws.com")
        url.path = wanted.path
        url.query = wanted.query
        var request = HTTPRequest(method: wanted.method, url: url, fields: wanted.fields, body: Array(wanted.body.utf8))
        request.fields["X-Amz-Date"] = SignatureV4.timestamp(1_440_938_160)
        let signer = SignatureV4(region: "us-east-1", service: "service")
        #expect(
            signer.authorization(for: request, key: Self.key)
                == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                + "SignedHeaders=\(wanted.names), Signature=\(wanted.signature)")
    }

    @Test func `the time is written without punctuation`() {
        #expect(SignatureV4.timestamp(1_440_938_160) == "20150830T123600Z")
    }

    @Test func `what is signed twice under one name stands there once, and a port with the host`() throws {
        var request = HTTPRequest(url: try HTTPURL("http://127.0.0.1:4566/?b&a=2&a=1"))
        request.fields.append("x", "1")
        request.fields.append("X", "2")
        let canonical = SignatureV4.canonical(request)
        #expect(canonical.names == "host;x")
        #expect(canonical.text.hasPrefix("POST\n/\na=1&a=2&b=\nhost:127.0.0.1:4566\nx:1,2\n\nhost;x\n"))
    }
}
