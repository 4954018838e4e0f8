import Records
import StrictTOML

/// What the lines of a `connection` section become, other than topics.
extension BridgeTranslation {
    mutating func translateAddress() {
        guard let line = connection.options["address"], let first = line.words.first else { return }
        var text = first
        let (host, port) = BrokerAddress.split(text[...])
        // Without brackets the last colon of an IPv6 address is that of the port.
        if first.filter({ $0 == ":" }).count > 1, first.first != "[", let colon = first.lastIndex(of: ":") {
            text = "[\(first[..<colon])]\(first[colon...])"
        } else if port == nil {
            text = "\(host):1883"
        }
        let url = (isEncrypted ? "mqtts://" : "mqtt://") + text
        do {
            _ = try BrokerAddress(url: url)
            remoteBroker.append(Setting(key: "url", value: TOMLText.string(url), line: line))
        } catch {
            isLost(line, error.message)
            remoteBroker.append(Setting(key: "url", value: TOMLText.string(url), line: line))
        }
        if line.words.count > 1 {
            isLost(line, "only the first address is used; a name that leads to several does what the others did")
        }
    }

    /// A bridge speaks 3.1.1 unless told otherwise, with a bit of its own that marks it. What marks a record here are
    /// properties of MQTT 5.
    mutating func translateVersion() {
        let line = connection.options["bridge_protocol_version"]
        switch line?.value {
        case "mqttv50": return
        case let value? where value == "mqttv311" || value == "mqttv31":
            guard let line else { return }
            if canCircle {
                differs(
                    line, "MQTT 5 is spoken: topics go both ways, and only MQTT 5 keeps them from going round for ever")
                return
            }
            remoteBroker.append(Setting(key: "version", value: "\"3.1.1\"", line: line))
            if value == "mqttv31" { differs(line, "MQTT 3.1.1 is spoken instead of 3.1") }
            differs(
                line,
                "in MQTT 3.1.1 identity does not travel, and retained flags come in only with what the broker had kept")
        case let value?:
            if let line { isLost(line, "\(quoted(value)) is no version that is known") }
        case nil:
            differs(
                connection.line,
                "MQTT 5 is spoken with the remote broker, where a bridge speaks 3.1.1 by default; set version = "
                    + "\"3.1.1\" in the tables with its url if it knows nothing newer")
        }
    }

    /// Whether something that goes out can come in again.
    private var canCircle: Bool {
        out.contains { topic in
            let pattern = TopicPattern(filter: topic.remoteFilter)
            return into.contains { pattern.meets(TopicPattern(filter: $0.remoteFilter)) }
        }
    }

    mutating func translateLogin(_ side: String, _ settings: WritableKeyPath<BridgeTranslation, [Setting]>) {
        let password = connection.options["\(side)_password"]
        guard let user = connection.options["\(side)_username"] else {
            if let password { isLost(password, "a password needs a user name, for mosquitto too") }
            return
        }
        self[keyPath: settings].append(Setting(key: "username", value: TOMLText.string(user.value), line: user))
        guard let password else { return }
        let file = "\(name)-\(side).password"
        self[keyPath: settings].append(Setting(key: "password_file", value: TOMLText.string(file), line: password))
        differs(
            password,
            "write the password into \(file) beside the configuration")
    }

    /// The state of a bridge is a retained 1 or 0 that mosquitto publishes.
    mutating func translateNotifications() {
        let line = connection.options["notifications"]
        guard line?.value != "false" else { return }
        if let local = connection.options["notifications_local_only"], local.value == "true" {
            isLost(local, "Millrace does not publish its state to the local broker")
            return
        }
        guard let topic = connection.options["notification_topic"] else {
            let message =
                "the state of the bridge is not published: topics below $SYS belong to the broker; \"birth\" and "
                + "\"will\" under a topic of your own tell it"
            if let line { isLost(line, message) } else { differs(connection.line, message) }
            return
        }
        if let problem = TopicSyntax.problem(template: topic.value, placeholders: []) {
            isLost(topic, problem)
            return
        }
        will = (topic.value, topic)
        if out.isEmpty {
            isLost(topic, "a source says 0 when its connection is lost, as \"will\", but no 1 when it is made")
        } else {
            differs(
                topic, "1 and 0 are published at the remote broker, by \"birth\" and \"will\", and not at the local one"
            )
        }
    }

    mutating func translate(_ line: MosquittoLine) {
        switch line.key {
        case "keepalive_interval": translateKeepAlive(line)
        case "restart_timeout": translateRestart(line)
        case "clientid", "remote_clientid":
            remoteClientID = line
            if !out.isEmpty, !into.isEmpty {
                differs(line, "there are two connections: \"-out\" is put behind the id of the one that publishes")
            }
        case "local_clientid": localClientID = line
        case "bridge_outgoing_retain": passesRetained = line.value != "false"
        case "bridge_cafile": translateFile(line, key: "ca")
        case "bridge_certfile": translateFile(line, key: "certificate")
        case "bridge_keyfile": translateFile(line, key: "key")
        case "cleansession" where line.value == "true", "local_cleansession" where line.value == "true":
            differs(line, "the session is kept: what is published while the agent is away arrives later")
        case "start_type" where line.value != "automatic":
            isLost(
                line, "the connection is made at the start and kept; \"windows\" of an uplink says when, by the clock")
        case "round_robin" where line.value == "true":
            isLost(line, "only the first address is used")
        case "bridge_tls_version" where line.value == "tlsv1.1":
            isLost(line, "TLS 1.2 or later is spoken")
        case "bridge_tls_version":
            differs(line, "TLS 1.2 or later is spoken, whichever both know")
        case "bridge_max_packet_size" where line.value == "0", "bridge_insecure" where line.value != "true",
            "bridge_require_ocsp" where line.value != "true":
            break
        default:
            if let reason = Self.reasons[line.key] {
                isLost(line, reason)
            } else if !Self.silent.contains(line.key) {
                isLost(line, "there is nothing like it")
            }
        }
    }

    /// What needs no counterpart, or was translated with another line.
    private static let silent: Set<String> = [
        "address", "addresses", "bridge_attempt_unsubscribe", "bridge_protocol_version", "bridge_tls_use_os_certs",
        "cleansession", "idle_timeout", "local_cleansession", "local_password", "local_username", "notification_topic",
        "notifications", "notifications_local_only", "password", "remote_password", "remote_username", "round_robin",
        "start_type", "threshold", "try_private", "username",
    ]

    private static let reasons = [
        "bridge_alpn": "ALPN cannot be set",
        "bridge_bind_address": "the system chooses the local address",
        "bridge_capath": "a folder of certificates is not read; put them into one file, and set \"ca\"",
        "bridge_identity": "pre-shared keys are not spoken; use certificates",
        "bridge_insecure": "the name in the server's certificate is always verified",
        "bridge_max_packet_size": "a message that the remote broker calls too large is rejected, counted and kept",
        "bridge_psk": "pre-shared keys are not spoken; use certificates",
        "bridge_require_ocsp": "OCSP is not asked for",
    ]

    private mutating func translateKeepAlive(_ line: MosquittoLine) {
        guard let seconds = Int(line.value) else {
            isLost(line, "\(quoted(line.value)) is no number of seconds")
            return
        }
        let kept = min(max(seconds, 30), 600)
        remoteBroker.append(Setting(key: "keepalive", value: "\"\(kept)s\"", line: line))
        if kept != seconds { differs(line, "\(seconds) s become \(kept) s: allowed are 30 s to 10 m") }
    }

    private mutating func translateRestart(_ line: MosquittoLine) {
        let numbers = line.words.compactMap { Int($0) }
        guard let first = numbers.first, first > 0, numbers.count == line.words.count, numbers.count <= 2 else {
            isLost(line, "\(quoted(line.value)) is no time or two in seconds")
            return
        }
        let shortest = min(first, 60)
        let longest = min(max(numbers.last ?? first, shortest), 3600)
        uplinks.append(Setting(key: "retry_min", value: "\"\(shortest)s\"", line: line))
        uplinks.append(Setting(key: "retry_max", value: "\"\(longest)s\"", line: line))
        differs(line, "holds for the uplinks, with full jitter; a source has waits of its own, up to a minute")
    }

    private mutating func translateFile(_ line: MosquittoLine, key: String) {
        remoteTLS.append(Setting(key: key, value: TOMLText.string(line.value), line: line))
        if !line.value.hasPrefix("/") {
            differs(line, "a relative path counts from the configuration's folder, not from where mosquitto runs")
        }
    }
}
