import ArgumentParser
import DeviceProfiles
import Glibc
import Records
import SerialIO
import StrictTOML

/// Bytes to readings, without a device.
struct DevicesDecode: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode", abstract: "Decode bytes with a profile, one JSON object per frame.",
        discussion: """
            Bytes that are no frame stand in "rejected" of the next object. Values are in the profile's units. Exits \
            with 65 where no frame was found. A line without its end is no frame: printf '21.5\\r\\n' | millrace \
            devices decode --profile P -
            """)

    @Option(help: "The profile's name, name/variant, or the path of its file.") var profile: String
    @OptionGroup var profiles: ProfilesOption
    @Option(help: "The request that the bytes answer, in hexadecimal: for Modbus, and for answers that look alike.")
    var replyTo: String?
    @Option(help: "The bytes in hexadecimal.") var hex: String?
    @Option(help: "A file with the bytes as they came.", completion: .file()) var file: String?
    @Flag(help: "Also print the readings that are withheld, and why.") var explain = false
    @Argument(help: "- for the bytes on standard input.") var input: String?

    func validate() throws {
        guard [hex != nil, file != nil, input != nil].filter({ $0 }).count == 1 else {
            throw ValidationError("Give one of --hex, --file and -.")
        }
        if let input, input != "-" { throw ValidationError("Give --file \(input), or - for standard input.") }
        if let hex { _ = try Self.bytes(hex, of: "--hex") }
        if let replyTo { _ = try Self.bytes(replyTo, of: "--reply-to") }
    }

    func run() throws {
        let chosen = try profiles.profile(profile)
        let request = try replyTo.map { try Self.bytes($0, of: "--reply-to") }
        if let request, chosen.isModbus, ReplyRule.modbus(request) == nil {
            throw ValidationError(
                "--reply-to is no Modbus request of functions 1 to 4: unit, function, address, quantity.")
        }
        var frames = FramePrinter(profile: chosen, request: request, explains: explain)
        if let hex {
            frames.append(try Self.bytes(hex, of: "--hex"))
        } else {
            let descriptor = try open()
            defer { if descriptor != 0 { close(descriptor) } }
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else {
                    printError("millrace: cannot read \(file ?? "standard input"): \(String(cString: strerror(errno)))")
                    throw ExitCode.noFrame
                }
                guard count > 0 else { break }
                frames.append(buffer[..<count])
            }
        }
        if chosen.framing.isKnownByRequest, replyTo == nil {
            printError("millrace: answers to \(chosen.name) are known by their request only; give --reply-to")
        }
        guard frames.finish() else { throw ExitCode.noFrame }
    }

    private func open() throws -> Int32 {
        guard let file else { return 0 }
        let descriptor = Glibc.open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            printError("millrace: cannot read \(file): \(String(cString: strerror(errno)))")
            throw ExitCode(EX_NOINPUT)
        }
        return descriptor
    }

    private static func bytes(_ text: String, of option: String) throws -> [UInt8] {
        let pattern = BytePattern(hexadecimal: String(text.filter { !$0.isWhitespace }))
        guard let pattern, !pattern.bytes.isEmpty, !pattern.bytes.contains(nil) else {
            throw ValidationError("\(option) takes bytes in hexadecimal, such as \"42 4D 00 1C\".")
        }
        return pattern.bytes.compactMap { $0 }
    }
}

/// Cuts bytes into frames, and prints what is in them.
struct FramePrinter {
    private let decoder: ProfileDecoder
    private let request: [UInt8]?
    private var cutter: FrameCutter
    private var rejected: [(reason: String, bytes: Int)] = []
    private var hasFrame = false
    private let explains: Bool

    init(profile: Profile, request: [UInt8]?, explains: Bool) {
        self.explains = explains
        decoder = ProfileDecoder(profile)
        cutter = FrameCutter(profile.framing)
        self.request = request
        if let request { cutter.expectReply(to: request) }
    }

    mutating func append(_ bytes: some Sequence<UInt8>) {
        cutter.append(bytes)
        while true {
            switch cutter.next() {
            case .needMoreBytes: return
            case .skipped(let bytes, let reason): rejected.append((reason.description, bytes))
            case .frame(let content): take(decoder.decode(content, request: request), size: content.count)
            }
        }
    }

    /// Prints what was left over. Returns whether there was a frame.
    mutating func finish() -> Bool {
        let rest = cutter.reset()
        if rest > 0 { rejected.append((FrameProblem.unfinished("the bytes end within a frame").description, rest)) }
        if !rejected.isEmpty || !hasFrame { printObject(DecodedFrame()) }
        return hasFrame
    }

    private mutating func take(_ frame: DecodedFrame, size: Int) {
        hasFrame = true
        if let problem = FrameLine.problem(of: frame) { rejected.append((problem, size)) }
        printObject(frame)
    }

    private mutating func printObject(_ frame: DecodedFrame) {
        let line = FrameLine.json(
            profile: decoder.profile.name, device: frame.device, readings: frame.readings, rejected: rejected,
            withheld: explains ? frame.withheld : nil)
        rejected.removeAll()
        writeLine(line, to: 1)
    }
}
