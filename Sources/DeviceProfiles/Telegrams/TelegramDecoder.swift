import Records
import SerialIO

/// A value in a telegram that describes itself.
struct TelegramValue: Hashable, Sendable {
    /// What the telegram calls it: an OBIS code, a label, a quantity.
    var key: String
    /// What it is; nil where the telegram says that there is none.
    var value: Reading.Value?
    /// SenML unit symbol, or one of RFC 8798; nil where the telegram gives none that SenML knows.
    var unit: String?
}

/// What a telegram said.
enum TelegramResult: Hashable, Sendable {
    /// Its values, in its order.
    case values([TelegramValue])
    /// It is whole and says nothing that is a value: an acknowledgement.
    case empty
    /// It cannot be understood; why.
    case rejected(reason: String)
}

/// Reads telegrams of one kind. Pure: the same content gives the same values.
protocol TelegramDecoder: Sendable {
    /// Reads the content of one frame, as ``SerialIO/FramingRule/Telegram`` says what that is.
    func decode(_ content: ArraySlice<UInt8>) -> TelegramResult
}
