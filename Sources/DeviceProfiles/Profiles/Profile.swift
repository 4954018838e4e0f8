import SerialIO
import StrictTOML

/// How one sensor model speaks: the contents of one file in `devices/`, read and checked.
///
/// `devices/README.md` says what each part means; the words here are the same. A profile comes from
/// ``Profile/load(path:)`` or a ``ProfileLibrary``; one that was made by hand need not be sound.
public struct Profile: Hashable, Sendable {
    /// The file's name without `.toml`; for a variant `name/variant`.
    public var name: String
    /// The model, for people.
    public var title: String
    /// Names under which it is sold.
    public var models: [String] = []
    /// Data sheet and section.
    public var source = ""
    /// Names of profiles that the same bytes fit.
    public var lookalikes: [String] = []
    /// What a person has to know.
    public var notes = ""
    /// The field whose value tells several devices behind one port apart.
    public var deviceField: String?
    /// Whether what no field names is published under the name that it has in the frame: keys of a telegram, members of
    /// JSON, pairs.
    public var publishesOthers = false
    /// For so long after opening or wake-up nothing is published.
    public var warmUp = Duration.zero

    /// How the line is set.
    public var link = LinkRule()
    /// Where a frame begins and ends, and what proves it whole.
    public var framing: FramingRule
    /// What is taken from bytes of a frame before its fields are read.
    public var subtraction: Subtraction?
    /// How text is divided; nil where fields stand at bytes.
    public var text: TextRule?
    /// Whether a comma in a number of a text is a decimal point.
    public var hasDecimalComma = false
    /// What frames can be, in the order in which they are tried.
    public var messages: [Message] = []

    /// How often something is published.
    public var rate = RateRule()
    /// What is held back until it is complete.
    public var collection: CollectionRule?

    /// What a device needs to be told apart.
    public var parameters: [Parameter] = []
    /// What is asked for again and again.
    public var polls: [Poll] = []
    /// Steps after opening.
    public var initialisation: [Step] = []
    /// Steps before each poll.
    public var wake: [Step] = []
    /// Steps before closing.
    public var shutdown: [Step] = []
    /// How Modbus is asked; nil for other framings.
    public var modbus: ModbusRule?
    /// How a meter with an optical head is asked; nil for other framings.
    public var iec62056: IEC62056Rule?
    /// How an M-Bus meter is asked; nil for other framings.
    public var mbus: MBusRule?
    /// How an SDI-12 sensor is asked; nil for other framings.
    public var sdi12: SDI12Rule?

    /// Layouts that are sold under the same name, each a whole profile. They have none of their own.
    public var variants: [Profile] = []
    /// Frames with what must come out of them; those of the variants too.
    public var samples: [Sample] = []

    /// What a person should know about the file, and what does not make it wrong.
    public var remarks: [ConfigurationIssue] = []

    /// A profile with the defaults.
    public init(name: String, title: String, framing: FramingRule) {
        self.name = name
        self.title = title
        self.framing = framing
    }

    /// The part of the name behind the `/`; nil for a profile that is no variant.
    public var variantName: String? {
        name.firstIndex(of: "/").map { String(name[name.index(after: $0)...]) }
    }

    /// A variant by the part of its name behind the `/`.
    public func variant(_ name: String) -> Profile? { variants.first { $0.variantName == name } }

    /// Whether it is asked by Modbus.
    public var isModbus: Bool { framing.kind == .modbusRTU || framing.kind == .modbusASCII }
}

/// A constant that a device adds to bytes of its frames (DL/T 645): it is taken away, modulo 256.
public struct Subtraction: Hashable, Sendable {
    /// The constant.
    public var value: UInt8
    /// First byte that has it.
    public var from: Int
    /// The byte behind the last; from the end where negative.
    public var to: Int
}

/// How the line is set, and how it behaves.
public struct LinkRule: Hashable, Sendable {
    /// Speed, character format, wires and pauses. The speed is the first of ``bauds``.
    public var settings = SerialSettings()
    /// Speeds that models come with, the usual one first.
    public var bauds = [9600]
    /// The least pause between a reply and the next request.
    public var gap = Duration.zero

    /// 9600 8N1.
    public init() {}
}
