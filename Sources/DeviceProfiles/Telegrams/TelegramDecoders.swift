import SerialIO

/// The decoder of each telegram that names its values itself.
enum TelegramDecoders {
    /// Nil for telegrams whose values are picked by offset or column, not by a key of their own.
    static func decoder(for telegram: FramingRule.Telegram) -> (any TelegramDecoder)? {
        switch telegram {
        case .sml: SMLDecoder()
        case .mbus: MBusDecoder()
        case .dlmsHDLC: DLMSDecoder()
        case .dsmrP1: DSMRDecoder()
        case .iec62056: IEC62056Decoder()
        case .teleinfo: TeleinfoDecoder()
        case .vedirectText: VEDirectDecoder()
        case .sdi12: SDI12Decoder()
        case .ubx, .nmea, .vbus, .esp3, .pylontech: nil
        }
    }
}
