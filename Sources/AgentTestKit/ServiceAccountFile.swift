import Records
import Simulation

/// A service account for this run only, as Google's console hands out its key.
public struct ServiceAccountFile: Sendable {
    /// Who it is.
    public static let email = "gw@plant7.iam.gserviceaccount.com"
    private let folder: TemporaryFolder

    /// The file.
    public var path: String { folder.file("account.json") }
    /// What is in it.
    public var text: String { folder.read("account.json") }
    /// The public half of the key, PEM.
    public var publicKeyFile: String { folder.file("public.pem") }

    /// Makes a key.
    ///
    /// - Throws: `SimulationError` where `openssl` is not there, or fails.
    public init(tokenURL: String) async throws {
        folder = try TemporaryFolder("account")
        try await ChildProcess.run(
            "openssl",
            ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", folder.file("private.pem")])
        try await ChildProcess.run(
            "openssl", ["pkey", "-in", folder.file("private.pem"), "-pubout", "-out", folder.file("public.pem")])
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("type", string: "service_account")
        writer.member("project_id", string: "plant7")
        writer.member("private_key_id", string: "k1")
        writer.member("private_key", string: folder.read("private.pem"))
        writer.member("client_email", string: Self.email)
        writer.member("token_uri", string: tokenURL)
        writer.endObject()
        try folder.write("account.json", String(decoding: writer.bytes, as: UTF8.self))
    }
}
