/// What is reached by HTTP.
extension ConnectionKind {
    static let services = [
        ConnectionKind(
            "webhook", "any HTTP endpoint that takes a POST", .http,
            [
                .address(Address(question: "Url, such as https://ingest.example/v1/{gateway}", schemes: httpOrNot)),
                .authority(isNeeded: false),
                .choice(
                    "How it knows us",
                    [
                        Way(title: "not at all"),
                        Way(title: "a token: authorization: Bearer", items: [token]),
                        Way(
                            title: "a key in a header of its own, such as x-api-key",
                            items: [
                                .text(Text(key: "token_header", question: "Header", usual: "x-api-key")),
                                .secret(key: "token_file", name: "key", isNeeded: true),
                            ]),
                        byPassword,
                        byCertificate,
                    ]),
                .text(
                    Text(
                        key: "format",
                        question: "Format: cloudevents, cloudevents-structured, raw, json, senml, influx",
                        usual: "cloudevents")),
            ]),
        ConnectionKind(
            "event-grid", "Azure Event Grid, a topic by HTTPS", .http, preset: "event-grid",
            hosts: ["eventgrid.azure.net"],
            [
                .address(Address(question: "Topic endpoint, as the portal shows it", schemes: http)),
                .choice(
                    "How it knows us",
                    [
                        Way(
                            title: "an access key, which signs and is not sent",
                            items: [.secret(key: "sas_key_file", name: "access key", isNeeded: true)]),
                        Way(
                            title: "an access key, which is sent",
                            items: [.secret(key: "key_file", name: "access key", isNeeded: true)]),
                        byEntraToken,
                    ]),
            ]),
        ConnectionKind(
            "event-hubs-https", "Azure Event Hubs, by HTTPS", .http, preset: "event-hubs",
            hosts: ["servicebus.windows.net"],
            [
                .address(Address(question: "https://NAMESPACE.servicebus.windows.net/HUB", schemes: http)),
                .choice(
                    "How it knows us",
                    [
                        Way(
                            title: "a connection string",
                            items: [.secret(key: "connection_string_file", name: "connection string", isNeeded: true)]),
                        byEntraToken,
                    ]),
                key,
            ]),
        ConnectionKind(
            "confluent-rest", "Confluent's REST API for Kafka", .http, preset: "confluent-rest",
            hosts: ["confluent.cloud"],
            [
                .address(Address(question: "REST endpoint of the cluster", schemes: http)),
                .text(Text(key: "cluster", question: "Cluster id", example: "lkc-a1b2c3")),
                .text(Text(key: "topic", question: "Topic", usual: "telemetry")), key,
                .login(user: "API key", password: "API secret", isNeeded: true),
            ]),
        ConnectionKind(
            "solace-rest", "Solace PubSub+ by REST", .http, preset: "solace", hosts: ["messaging.solace.cloud"],
            [
                .address(Address(question: "https://HOST:PORT, as the console shows it", schemes: httpOrNot)),
                .authority(isNeeded: false),
                .choice(
                    "How it knows us",
                    [
                        byPassword,
                        Way(title: "a token", items: [token]),
                        byCertificate,
                    ]), .text(Text(key: "topic", question: "Topic", usual: "gateways/{gateway}/{topic}")),
            ]),
        ConnectionKind(
            "influx", "InfluxDB 2", .http, preset: "influx",
            [
                .address(
                    Address(question: "Address", schemes: httpOrNot, usual: "http://127.0.0.1:8086")),
                .authority(isNeeded: false),
                .text(Text(key: "org", question: "Organisation", example: "plant7")),
                .text(Text(key: "bucket", question: "Bucket", example: "sensors")), token,
            ]),
        kinesis, pubsub,
    ]

    private static let kinesis = ConnectionKind(
        "kinesis", "Amazon Kinesis Data Streams", .http, preset: "kinesis", hosts: ["kinesis.*.amazonaws.com"],
        [
            .address(
                Address(
                    question: "Region, such as eu-central-1, or url of the endpoint", schemes: httpOrNot,
                    around: ("https://kinesis.", ".amazonaws.com"))),
            .text(
                Text(key: "region", question: "Region", example: "eu-central-1") { values in
                    values["url"].flatMap { hosted(at: $0)?.name } != "kinesis"
                }),
            .text(Text(key: "data_stream", question: "Stream", example: "telemetry")),
            .choice(
                "How it knows us",
                [
                    Way(title: "an access key", items: [.amazonKey]),
                    Way(title: "the role of this EC2 instance", fixed: ["metadata_server": "true"]),
                    Way(
                        title: "a role alias of AWS IoT, and the thing's certificate",
                        items: [
                            .text(
                                Text(
                                    key: "credentials_url", question: "Url of the role alias",
                                    example: "https://ENDPOINT/role-aliases/ALIAS/credentials")),
                            .certificate(isNeeded: true),
                        ]),
                ]),
        ])

    private static let pubsub = ConnectionKind(
        "pubsub", "Google Cloud Pub/Sub", .http, preset: "pubsub",
        hosts: ["pubsub.googleapis.com", "*-pubsub.googleapis.com"],
        [
            .address(Address(question: "Address", schemes: httpOrNot, usual: "https://pubsub.googleapis.com")),
            .text(Text(key: "project", question: "Project id", example: "plant7")),
            .text(Text(key: "topic", question: "Topic", usual: "telemetry")),
            .text(Text(key: "key", question: "Ordering key, such as {device}; empty: none")),
            .choice(
                "How it knows us",
                [
                    Way(
                        title: "a service account, by the JSON file of its key",
                        items: [.file(key: "service_account_file", name: "key of the service account")]),
                    Way(title: "the account of this machine at Google", fixed: ["metadata_server": "true"]),
                    Way(title: "not at all: an emulator"),
                ]),
        ])

    private static let http = ["https"]
    private static let httpOrNot = ["https", "http"]
    private static let token = Item.secret(key: "token_file", name: "token", isNeeded: true)
    private static let byEntraToken = Way(
        title: "a token of Entra ID", items: [.file(key: "token_file", name: "token")])
    private static let key = Item.text(
        Text(key: "key", question: "Partition key, such as {device}; empty: none"))
}
