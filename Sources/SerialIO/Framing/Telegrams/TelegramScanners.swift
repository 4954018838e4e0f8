/// What knows the telegrams that describe themselves.
enum TelegramScanners {
    /// The scanner of a telegram whose frames have at most `sizeMax` bytes.
    static func scanner(for telegram: FramingRule.Telegram, sizeMax: Int) -> any FrameScanner {
        switch telegram {
        case .sml: SMLScanner()
        case .mbus: MBusScanner()
        case .dlmsHDLC: DLMSScanner()
        case .dsmrP1: DSMRScanner()
        case .iec62056: IEC62056Scanner()
        case .teleinfo: TeleinfoScanner()
        case .vedirectText: VEDirectScanner()
        case .sdi12: SDI12Scanner()
        case .ubx: UBXScanner(sizeMax: sizeMax)
        case .nmea: NMEAScanner()
        case .vbus: VBusScanner()
        case .esp3: ESP3Scanner(sizeMax: sizeMax)
        case .pylontech: PylontechScanner()
        }
    }
}
