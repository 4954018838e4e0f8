import CMosquitto
import Glibc

extension MosquittoHandle {
    /// Every callback leaves `errno` at 0: libmosquitto looks at it afterwards, and a stale EAGAIN from its full
    /// wake-up pipe would make it stop reading while TLS still holds packets.
    func setCallbacks() {
        mosquitto_log_callback_set(pointer) { _, context, level, line in
            MosquittoHandle.from(context).logged(level: level, line: line)
        }
        mosquitto_connect_v5_callback_set(pointer) { _, context, code, flags, properties in
            MosquittoHandle.from(context).connackArrived(code: code, flags: flags, properties: properties)
            errno = 0
        }
        mosquitto_disconnect_v5_callback_set(pointer) { _, context, code, _ in
            let systemError = errno
            let handle = MosquittoHandle.from(context)
            if handle.end == nil { handle.end = (code, systemError) }
            errno = 0
        }
        mosquitto_message_v5_callback_set(pointer) { _, context, message, properties in
            MosquittoHandle.from(context).publishArrived(message!, properties: properties)
            errno = 0
        }
        mosquitto_publish_v5_callback_set(pointer) { _, context, packetID, code, properties in
            let handle = MosquittoHandle.from(context)
            handle.packetsSeen += 1
            let remark = code >= 0x80 ? PropertyList(pointer: properties).remark() : nil
            handle.events?.pubackArrived(packetID: packetID, code: code, remark: remark)
            errno = 0
        }
        mosquitto_subscribe_v5_callback_set(pointer) { _, context, packetID, count, codes, _ in
            let handle = MosquittoHandle.from(context)
            handle.packetsSeen += 1
            let codes = Array(UnsafeBufferPointer(start: codes, count: Int(count)))
            handle.events?.subackArrived(packetID: packetID, codes: codes)
            errno = 0
        }
        mosquitto_unsubscribe_v5_callback_set(pointer) { _, context, packetID, _ in
            let handle = MosquittoHandle.from(context)
            handle.packetsSeen += 1
            handle.events?.unsubackArrived(packetID: packetID)
            errno = 0
        }
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> MosquittoHandle {
        Unmanaged<MosquittoHandle>.fromOpaque(context!).takeUnretainedValue()
    }

    private func connackArrived(code: Int32, flags: Int32, properties: OpaquePointer?) {
        packetsSeen += 1
        connackCode = code
        if code != 0 { remark = PropertyList(pointer: properties).remark() }
        let isSessionPresent = flags & 1 != 0
        // The lines tell about TLS until here, and afterwards about duplicates while a session is resumed.
        isLogWanted = code == 0 && isSessionPresent
        events?.connackArrived(
            code: code, isSessionPresent: isSessionPresent, properties: PropertyList(pointer: properties))
    }

    private func publishArrived(_ message: UnsafePointer<mosquitto_message>, properties: OpaquePointer?) {
        packetsSeen += 1
        let isDuplicate = isNextDuplicate
        isNextDuplicate = false
        let qos = Int(message.pointee.qos)
        // What is sent again comes first, in order; behind the first new one there are no duplicates.
        if isLogWanted, qos > 0, !isDuplicate { isLogWanted = false }
        guard let events, let topic = message.pointee.topic else { return }
        let topicBytes = UnsafeRawBufferPointer(start: topic, count: strlen(topic))
        let payloadBytes = UnsafeRawBufferPointer(
            start: message.pointee.payload, count: Int(message.pointee.payloadlen))
        let flags = PublishFlags(
            qos: qos, isRetained: message.pointee.retain, isDuplicate: isDuplicate,
            properties: PropertyList(pointer: properties))
        events.publishArrived(topic: topicBytes.bytes, payload: payloadBytes.bytes, flags: flags)
    }

    private func logged(level: Int32, line: UnsafePointer<CChar>?) {
        guard let line else { return }
        if level == MOSQ_LOG_ERR || level == MOSQ_LOG_WARNING {
            if errorLines.count < 8 { errorLines.append(String(cString: line)) }
        } else if connackCode != nil,
            Self.announcesDuplicate(line, clientIDLength: configuration.clientID.utf8.count)
        {
            isNextDuplicate = true
        }
    }

    /// libmosquitto tells the DUP flag of a PUBLISH only in its debug log:
    /// `Client <id> received PUBLISH (d1, q1, ...`. In another wording it stays unknown, and false.
    static func announcesDuplicate(_ line: UnsafePointer<CChar>, clientIDLength: Int) -> Bool {
        let start = "Client ".utf8.count + clientIDLength
        guard strlen(line) > start else { return false }
        return strncmp(line + start, " received PUBLISH (d1", 21) == 0
    }
}
