import SerialIO

/// The decoders that are built in.
enum TelegramDecoders {
    /// The decoder for a telegram; nil for those whose fields stand at bytes or in columns.
    static func decoder(for telegram: FramingRule.Telegram) -> (any TelegramDecoder)? { nil }
}
