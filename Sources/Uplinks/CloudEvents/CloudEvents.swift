import Records

/// The words of CloudEvents 1.0.2 that Millrace writes and reads.
///
/// | attribute | value |
/// |---|---|
/// | `id` | `<gateway>/<stream>/<epoch>/<sequence>`; for word of a loss with `<first>-<last>` at its end |
/// | `source` | `/gateways/<gateway>` |
/// | `type` | `io.millrace.record` or `io.millrace.lost` |
/// | `subject` | the topic that the record came on |
/// | `time` | when it was received, UTC with milliseconds |
/// | `timequality` | left out when the clock was synchronised; else `unsynchronised` or `corrected` |
/// | `bootid`, `boottime` | in batches, where the time is unsynchronised: boot and milliseconds since it |
/// | `historical` | `true` for a record of a backlog that is sent beside newer ones |
/// | `replay` | `true` for a record that is sent once more, because somebody asked for it |
/// | `previous` | where filters left records out: the sequence of the last one before those, directly before this one |
/// | `retained` | `true` where the broker sent it as a retained message |
/// | `device`, `sourcetime` | the device of a serial reading, and the source's own timestamp |
///
/// Structured events carry also `gateway`, `stream`, `epoch` and `sequence`, so that a table can have them as columns.
/// Integers of CloudEvents have 32 bits, so `sequence` is a string: 20 digits with leading zeros, which sorts as the
/// `sequence` extension asks. They further carry what MQTT 5 has fields of its own for: `expirytime`, `responsetopic`,
/// `correlationdata` (Base64) and `userproperties` (a JSON array of `[name, value]` pairs, as a string).
public enum CloudEvents {
    /// `specversion` of every event.
    public static let version = "1.0"
    /// `type` of a record.
    public static let recordType = "io.millrace.record"
    /// `type` of word that records are gone.
    public static let lossType = "io.millrace.lost"
    /// MIME type of one event in JSON (JSON Event Format, section 3).
    public static let eventContentType = "application/cloudevents+json"
    /// MIME type of a JSON array of events (JSON Event Format, section 4).
    public static let batchContentType = "application/cloudevents-batch+json"
    /// Name of the user property that says how a payload is compressed, after RFC 9110, 8.4.
    public static let contentEncodingProperty = "content-encoding"

    static let sourcePrefix = "/gateways/"
    static func source(of gateway: GatewayID) -> String { sourcePrefix + gateway.rawValue }

    static func name(of quality: RecordTime.Quality) -> String {
        switch quality {
        case .unsynchronised: "unsynchronised"
        case .synchronised: "synchronised"
        case .corrected: "corrected"
        }
    }

    static func quality(named name: String) -> RecordTime.Quality? {
        switch name {
        case "unsynchronised": .unsynchronised
        case "synchronised": .synchronised
        case "corrected": .corrected
        default: nil
        }
    }
}
