import SerialIO
import StrictTOML

/// How telegrams write OBIS codes: a profile that writes them otherwise would never find them.
enum TelegramKeys {
    /// What is wrong with a key; nil where it may be one.
    static func problem(with key: String, in telegram: FramingRule.Telegram) -> String? {
        let isCode = key.contains(".") && key.utf8.allSatisfy { (0x30...0x39).contains($0) || ".:*-".utf8.contains($0) }
        let groups = key.split(omittingEmptySubsequences: false) { ".:*-".contains($0) }.count
        switch telegram {
        case .sml where isCode:
            let signs = key.filter { !$0.isNumber }
            return signs == "-:..*" ? nil : "\(quoted(key)) is no code of SML; they are written \"1-0:1.8.0*255\""
        case .dlmsHDLC where isCode:
            let isWhole = groups == 6 && key.allSatisfy { $0.isNumber || $0 == "." }
            return isWhole ? nil : "\(quoted(key)) is no code of DLMS; they are written \"1.0.1.8.0.255\""
        case .iec62056 where key.hasSuffix("*255"):
            return "\"*255\" is left out of codes: \(quoted(key.dropLast(4)))"
        default: return nil
        }
    }
}
