import FoundationEssentials

/// Proves who sends a request by a field that holds a key or a token from a file: `authorization: Bearer …` (RFC 6750),
/// `aeg-sas-key: …`, `x-api-key: …`.
public struct FieldSigner: RequestSigner {
    private let name: String
    private let prefix: String
    private let file: CredentialFile

    /// - Parameters:
    ///   - name: of the field.
    ///   - prefix: what stands before the content of the file, such as `Bearer `.
    ///   - file: holds the rest of the value.
    public init(name: String, prefix: String = "", file: CredentialFile) {
        self.name = name
        self.prefix = prefix
        self.file = file
    }

    /// Sets the field.
    ///
    /// - Throws: ``SigningFailure`` where the file cannot be read.
    public func sign(_ request: inout HTTPRequest, over exchange: any HTTPExchange) throws(SigningFailure) {
        request.fields[name] = prefix + (try file.secret()).exposed
    }

    /// The file may hold another one by now.
    public func wasRefused(_ response: HTTPResponse) -> Bool { file.readAgain() }
}

/// Proves who sends a request by name and password (Basic, RFC 7617).
public struct PasswordSigner: RequestSigner {
    private let username: String
    private let file: CredentialFile

    /// A user, and the file that holds the password.
    public init(username: String, file: CredentialFile) {
        self.username = username
        self.file = file
    }

    /// Sets `authorization`.
    ///
    /// - Throws: ``SigningFailure`` where the file cannot be read.
    public func sign(_ request: inout HTTPRequest, over exchange: any HTTPExchange) throws(SigningFailure) {
        let pair = "\(username):\(try file.secret().exposed)"
        request.fields["authorization"] = "Basic " + Data(pair.utf8).base64EncodedString()
    }

    /// The file may hold another password by now.
    public func wasRefused(_ response: HTTPResponse) -> Bool { file.readAgain() }
}
