import DeviceProfiles
import Records
import SerialIO
import StrictTOML

/// A profile from the parts that a test is about; the top is filled in.
func profile(_ text: String, name: String = "test") throws -> Profile {
    try Profile.read("format = 1\ntitle = \"T\"\nsource = \"S\"\n" + text, file: "t.toml", name: name)
}

/// What is wrong with a profile, one issue each, without the file's name. The first line of `text` is line 4.
func issues(_ text: String, name: String = "test") -> [String] {
    do {
        _ = try profile(text, name: name)
        return []
    } catch let error as ConfigurationError {
        return error.issues.map { String("\($0)".dropFirst("t.toml:".count)) }
    } catch {
        return ["\(error)"]
    }
}

/// Bytes from hexadecimal digits.
func hex(_ text: String) -> [UInt8] { (BytePattern(hexadecimal: text)?.bytes ?? []).compactMap { $0 } }

/// What a frame gives in short form: `name=value unit`, then withheld ones as `name!reason`.
func short(_ frame: DecodedFrame) -> [String] {
    switch frame.verdict {
    case .skipped: return ["skipped"]
    case .rejected(let reason): return ["rejected: " + reason]
    case .decoded:
        let readings = frame.readings.map { reading in
            let value =
                switch reading.value {
                case .number(let number): "\(number)"
                case .text(let text): text.debugDescription
                case .boolean(let flag): "\(flag)"
                }
            return "\(reading.name)=\(value)" + (reading.unit.map { " " + $0 } ?? "")
        }
        return readings + frame.withheld.map { "\($0.name)!\($0.reason.rawValue)" }
    }
}

/// What one field of a frame of bytes gives.
func field(_ keys: String, _ frame: String, size: Int? = nil) throws -> [String] {
    let text = "framing = { kind = \"cobs\" }\nfields = [{ name = \"x\", \(keys) }]"
    return short(ProfileDecoder(try profile(text)).decode(hex(frame)[...]))
}

/// What the fields of a line give.
func line(_ text: String, _ fields: String, _ line: String, message: String = "") throws -> [String] {
    let source = "framing = { kind = \"line\" }\ntext = \(text)\n\(message)\nfields = [\(fields)]"
    return short(ProfileDecoder(try profile(source)).decode(Array(line.utf8)[...]))
}
