/// What knows the telegrams that describe themselves.
enum TelegramScanners {
    /// The scanner of a telegram whose frames have at most `sizeMax` bytes.
    static func scanner(for telegram: FramingRule.Telegram, sizeMax: Int) -> any FrameScanner {
        switch telegram {
        case .ubx: UBXScanner(sizeMax: sizeMax)
        case .nmea: NMEAScanner(sizeMax: sizeMax)
        default: preconditionFailure("\(telegram.rawValue) is framed elsewhere")
        }
    }
}
