/// What is known, in the order in which it is shown.
extension ConnectionKind {
    /// A broker that is read.
    static let source = ConnectionKind("mqtt", "an MQTT broker", .mqtt, [reading, .topics] + access)

    /// A broker that is read, with topics that have keys of their own.
    static let sourceWithoutTopics = ConnectionKind("mqtt", "an MQTT broker", .mqtt, [reading] + access)

    private static let reading = Item.address(
        Address(question: "Broker, HOST or mqtt://HOST:PORT", schemes: ["mqtt", "mqtts"]))
    private static let access = [Item.authority(isNeeded: false), .certificate(isNeeded: false), login()]

    /// Where records can go.
    static let destinations = brokers + clusters + services

    private static let brokers = [
        ConnectionKind(
            "mqtt", "any MQTT broker", .mqtt,
            [broker] + access + [topic]),
        ConnectionKind(
            "aws-iot", "AWS IoT Core", .mqtt, preset: "aws-iot", hosts: ["iot.*.amazonaws.com"],
            [
                .address(Address(question: "Device data endpoint, as the console shows it", schemes: ["mqtts"])),
                .certificate(isNeeded: true),
                .text(Text(key: "client_id", question: "Client id, as the thing's policy allows", usual: "{GATEWAY}")),
                topic,
            ]),
        ConnectionKind(
            "event-grid-mqtt", "Azure Event Grid, the MQTT broker of a namespace", .mqtt, preset: "event-grid",
            hosts: ["eventgrid.azure.net"],
            [
                .address(Address(question: "MQTT host name, as the portal shows it", schemes: ["mqtts"])),
                .certificate(isNeeded: true),
                .text(
                    Text(
                        key: "username",
                        question: "Authentication name of the client; empty: the certificate says it")),
                .text(Text(key: "client_id", question: "Name of the session", usual: "{GATEWAY}")),
                topic,
            ]),
        ConnectionKind(
            "hivemq", "HiveMQ Cloud", .mqtt, preset: "hivemq", hosts: ["hivemq.cloud"],
            [hostedBroker, passwordOrCertificate, topic]),
        ConnectionKind(
            "emqx", "EMQX Cloud", .mqtt, preset: "emqx", hosts: ["emqxsl.com", "emqx.cloud", "emqxcloud.com"],
            [hostedBroker, .authority(isNeeded: false), login(isNeeded: true), topic]),
        ConnectionKind(
            "solace", "Solace PubSub+ by MQTT", .mqtt, preset: "solace", hosts: ["messaging.solace.cloud"],
            [broker, .authority(isNeeded: false), passwordOrCertificate, topic]),
        ConnectionKind(
            "sparkplug", "Sparkplug B: SCADA, through an MQTT broker", .mqtt, fixed: ["format": "sparkplug-b"],
            [broker] + access + [
                .text(Text(key: "group", question: "Group of the edge node", example: "plant7")),
                .text(Text(key: "primary_host", question: "Primary host, without which nothing is sent; empty: none")),
            ]),
    ]

    private static let clusters = [
        ConnectionKind(
            "kafka", "any Apache Kafka cluster", .kafka,
            [
                .address(Address(question: "Bootstrap servers, HOST:PORT,HOST:PORT", schemes: ["kafkas", "kafka"])),
                .authority(isNeeded: false), .certificate(isNeeded: false),
                .choice(
                    "How it knows us",
                    [
                        Way(title: "by the certificate, or not at all"),
                        Way(title: "user name and password (PLAIN)", items: [login(isNeeded: true)]),
                        Way(
                            title: "user name and password (SCRAM-SHA-256)", fixed: ["login": "scram-sha-256"],
                            items: [login(isNeeded: true)]),
                        Way(
                            title: "user name and password (SCRAM-SHA-512)", fixed: ["login": "scram-sha-512"],
                            items: [login(isNeeded: true)]),
                        Way(
                            title: "a token that somebody keeps fresh (OAUTHBEARER)",
                            fixed: ["login": "oauthbearer"], items: [.file(key: "token_file", name: "token")]),
                    ]), kafkaTopic,
            ]),
        ConnectionKind(
            "confluent", "Confluent Cloud", .kafka, preset: "confluent", hosts: ["confluent.cloud"],
            [bootstrap, .login(user: "API key", password: "API secret", isNeeded: true), kafkaTopic]),
        ConnectionKind(
            "aiven", "Aiven for Apache Kafka", .kafka, preset: "aiven", hosts: ["aivencloud.com"],
            [
                .address(Address(question: "Service URI, HOST:PORT", schemes: ["kafkas"])), .authority(isNeeded: true),
                .choice(
                    "How it knows us",
                    [
                        Way(title: "access certificate and key", items: [.certificate(isNeeded: true)]),
                        Way(title: "user name and password (SCRAM)", items: [login(isNeeded: true)]),
                    ]), kafkaTopic,
            ]),
        ConnectionKind(
            "event-hubs", "Azure Event Hubs, as Kafka", .kafka, preset: "event-hubs",
            [
                .secret(key: "connection_string_file", name: "connection string", isNeeded: true),
                .text(Text(key: "topic", question: "Hub; empty: the connection string names it")),
            ]),
        ConnectionKind(
            "msk", "Amazon MSK, by TLS or SCRAM", .kafka, preset: "msk", hosts: ["kafka.*.amazonaws.com"],
            [
                bootstrap,
                .choice(
                    "How it knows us",
                    [
                        Way(title: "user name and password (SCRAM)", items: [login(isNeeded: true)]),
                        byCertificate,
                        Way(title: "not at all"),
                    ]), kafkaTopic,
            ]),
    ]

    private static let broker = Item.address(
        Address(question: "Broker, HOST or mqtt://HOST:PORT", schemes: ["mqtts", "mqtt"]))
    private static let hostedBroker = Item.address(
        Address(question: "Address, as the console shows it", schemes: ["mqtts"]))
    private static let bootstrap = Item.address(
        Address(question: "Bootstrap server, HOST:PORT", schemes: ["kafkas"]))
    private static let topic = Item.text(
        Text(key: "topic", question: "Topic", usual: "gateways/{gateway}/{topic}"))
    private static let kafkaTopic = Item.text(Text(key: "topic", question: "Topic", usual: "telemetry"))
    private static let passwordOrCertificate = Item.choice(
        "How it knows us",
        [
            byPassword,
            byCertificate,
        ])

    static let byPassword = Way(title: "user name and password", items: [login(isNeeded: true)])
    static let byCertificate = Way(title: "client certificate", items: [.certificate(isNeeded: true)])

    static func login(isNeeded: Bool = false) -> Item {
        .login(user: "User name", password: "password", isNeeded: isNeeded)
    }
}
