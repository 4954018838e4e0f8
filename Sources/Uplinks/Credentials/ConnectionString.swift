/// A connection string of Event Hubs or Service Bus, as the portal shows it.
public struct ConnectionString: Sendable {
    /// The namespace's name in DNS, in lower case.
    public let host: String
    let keyName: String
    let key: String
    /// The hub; nil where the string is of the whole namespace.
    public let entity: String?

    /// Nil where a part is missing: `Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…[;EntityPath=…]`.
    public init?(_ text: String) {
        var members: [String: String] = [:]
        for part in text.split(separator: ";") {
            guard let equals = part.firstIndex(of: "=") else { return nil }
            let name = part[..<equals].lowercased()
            members[String(name.drop { $0 == " " })] = String(part[part.index(after: equals)...])
        }
        guard let endpoint = members["endpoint"], endpoint.lowercased().hasPrefix("sb://"),
            let keyName = members["sharedaccesskeyname"], let key = members["sharedaccesskey"],
            !keyName.isEmpty, !key.isEmpty
        else { return nil }
        host = endpoint.dropFirst(5).prefix { $0 != "/" }.lowercased()
        self.keyName = keyName
        self.key = key
        entity = members["entitypath"]
    }
}
