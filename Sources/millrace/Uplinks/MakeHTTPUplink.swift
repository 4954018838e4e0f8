import Agent
import Records
import Uplinks

/// Makes an uplink to an HTTP endpoint.
func makeHTTPUplink(
    _ destination: HTTPDestination, gateway: GatewayID, clock: any GatewayClock
) -> HTTPUplink {
    HTTPUplink(
        gateway: gateway, form: makeForm(destination, gateway: gateway),
        signer: makeSigner(destination, clock: clock), compression: destination.compression,
        exchange: HTTPLink(httpLinkConfiguration(destination)), clock: clock)
}

/// How the endpoint is reached.
func httpLinkConfiguration(_ destination: HTTPDestination) -> HTTPLink.Configuration {
    var link = HTTPLink.Configuration()
    link.tls = destination.tls
    link.proxy = destination.proxy.map { proxy in
        .init(host: proxy.host, port: proxy.port, username: proxy.username, passwordFile: proxy.passwordFile)
    }
    link.connectTimeout = destination.connectTimeout
    link.responseTimeout = destination.responseTimeout
    link.totalTimeout = destination.totalTimeout
    return link
}

/// What proves who sends.
func makeSigner(_ destination: HTTPDestination, clock: any GatewayClock) -> any RequestSigner {
    switch destination.proof {
    case .nothing: NoSigner()
    case .password(let username, let file): PasswordSigner(username: username, file: CredentialFile(path: file))
    case .field(let name, let prefix, let file):
        FieldSigner(name: name, prefix: prefix, file: CredentialFile(path: file))
    case .sharedAccess(let service, let file):
        SharedAccessSigner(service, file: CredentialFile(path: file), clock: clock)
    case .amazonKey(let file): makeSigner(destination, .file(CredentialFile(path: file, holding: .text)), clock)
    case .amazonRole(let url): makeSigner(destination, .role(url), clock)
    case .amazonInstance:
        makeSigner(destination, .instanceMetadata(AmazonSigner.instanceMetadata, over: makeDirectLink()), clock)
    case .serviceAccount(let file): makeSigner(.serviceAccount(CredentialFile(path: file, holding: .text)), clock)
    case .googleMachine: makeSigner(.metadataServer(GoogleSigner.metadataServer, over: makeDirectLink()), clock)
    }
}

private func makeSigner(
    _ destination: HTTPDestination, _ source: AmazonSigner.Source, _ clock: any GatewayClock
) -> any RequestSigner {
    guard case .kinesis(_, let region, _, _) = destination.endpoint else {
        preconditionFailure("only Kinesis has requests signed for AWS")
    }
    return AmazonSigner(region: region, service: "kinesis", source: source, clock: clock)
}

private func makeSigner(_ source: GoogleSigner.Source, _ clock: any GatewayClock) -> any RequestSigner {
    GoogleSigner(source, scope: "https://www.googleapis.com/auth/pubsub", clock: clock)
}

/// To the metadata of the machine, which is never behind a proxy and answers at once or never.
private func makeDirectLink() -> HTTPLink {
    var link = HTTPLink.Configuration()
    link.connectTimeout = .seconds(2)
    link.totalTimeout = .seconds(5)
    return HTTPLink(link)
}

private func makeForm(_ destination: HTTPDestination, gateway: GatewayID) -> any RequestForm {
    let batch = destination.batch
    let (recordsMax, sizeTarget) = (batch.recordsMax, batch.sizeMax.rawValue)
    let limits = RequestLimits(recordsMax: recordsMax, sizeTarget: sizeTarget)
    let encoder = destination.format.batch?.makeEncoder()
    let content = encoder.map(MessageContent.batch) ?? .records
    let fields = destination.headers
    switch destination.endpoint {
    case .webhook(let url):
        if let encoder { return BatchForm(url: url, encoder: encoder, fields: fields, limits: limits) }
        guard destination.format == .raw else { return BatchForm.structured(url: url, fields: fields, limits: limits) }
        return RecordForm(url: url, gateway: gateway, fields: fields)
    case .eventGrid(let url):
        return BatchForm.eventGrid(url: url, fields: fields, recordsMax: recordsMax, sizeTarget: sizeTarget)
    case .eventHubs(let url, let key):
        return EventHubsForm(
            url: url, key: key, content: content, gateway: gateway, fields: fields, recordsMax: recordsMax,
            sizeTarget: sizeTarget)
    case .confluentREST(let url, let cluster, let topic, let key):
        return ConfluentForm(
            url: url, cluster: cluster, topic: topic, key: key, content: content, gateway: gateway, fields: fields,
            recordsMax: recordsMax, sizeTarget: sizeTarget)
    case .solace(let url, let topic):
        let url = URLTemplate.solace(url, topic: topic)
        guard let encoder else { return RecordForm(url: url, style: .solace, gateway: gateway, fields: fields) }
        return BatchForm.solace(url: url, encoder: encoder, fields: fields, limits: limits)
    case .influx(let url, let organisation, let bucket):
        return BatchForm.influx(
            url: url, organisation: organisation, bucket: bucket, fields: fields, limits: limits)
    case .kinesis(let url, _, let stream, let key):
        return KinesisForm(
            url: url, stream: stream, key: key, content: encoder.map(MessageContent.batch) ?? .events,
            gateway: gateway, fields: fields, recordsMax: recordsMax, sizeTarget: sizeTarget)
    case .pubsub(let url, let project, let topic, let key):
        return PubSubForm(
            url: url, project: project, topic: topic, key: key, content: content, gateway: gateway, fields: fields,
            recordsMax: recordsMax, sizeTarget: sizeTarget)
    }
}
