import Agent
import DeviceProfiles
import Glibc
import Records
import SerialIO
import StrictTOML

/// Serial ports, and what is at them.
extension SetupConversation {
    mutating func askPorts() async throws {
        let known = (try? configuration())?.serialSources.map(\.port) ?? []
        let taken = Set(known.flatMap { tree.matches($0) }.map { DeviceTree.resolved($0) })
        for name in names(in: "serial") where !(try questions.confirm("Keep [serial.\(name)]", default: true)) {
            text.remove("serial.\(name)")
        }
        var asks: Bool?
        for path in tree.ports() where !taken.contains(DeviceTree.resolved(path)) {
            if try questions.confirm("Find out what is at \(path)", default: true) {
                try await askPort(.path(path), &asks)
            }
        }
        while true {
            let answer = try questions.ask(
                "Another serial port (a path, or usb:VENDOR:PRODUCT); empty: no more"
            ) { text in
                text.isEmpty || PortName(text) != nil ? nil : DevicesDetect.portRule(text)
            }
            guard let port = PortName(answer) else { return }
            try await askPort(port, &asks)
        }
    }

    /// - Parameter asks: whether devices may be asked; nil before that was answered.
    private mutating func askPort(_ port: PortName, _ asks: inout Bool?) async throws {
        let mayAsk =
            try asks
            ?? questions.confirm(
                "Devices that never speak by themselves must be asked: send requests that change nothing",
                default: false)
        asks = mayAsk
        questions.tell("  listening; this takes up to a minute")
        var isLasting = port
        if case .path(let path) = port, path.hasPrefix("/dev/tty") { isLasting = tree.lastingName(of: path) }
        let detector = PortDetector(
            profiles: library.profiles { _ in }, listening: .seconds(2), asks: mayAsk, tree: tree)
        let found: Detection
        do {
            found = try await detector.detect(port)
        } catch {
            questions.tell("  \(error)")
            return
        }
        guard let candidate = try choose(found, port) else { return }
        for reading in candidate.readings.prefix(4) {
            questions.tell("  \(reading.name) \(reading.value.shown)" + (reading.unit.map { " \($0)" } ?? ""))
        }
        let name = freeName("serial", String(candidate.profile.name.prefix { $0 != "/" }.prefix(28)))
        guard try questions.confirm("Read it as [serial.\(name)]", default: true) else { return }
        var body = [
            "port = \(TOMLText.string(isLasting.description))", "profile = \(TOMLText.string(candidate.profile.name))",
        ]
        if candidate.settings.baud != candidate.profile.link.settings.baud {
            body.append("baud = \(candidate.settings.baud)")
        }
        let before = text
        let folders = Self.folders(in: document)
        let file = candidate.profile.name.prefix { $0 != "/" } + ".toml"
        // By their whole paths: those in the file are taken from where the file is.
        let missing = profileFolders.filter { access("\($0)/\(file)", R_OK) == 0 }.map { DeviceTree.resolved($0) }
            .filter { !folders.contains($0) }
        if !missing.isEmpty {
            let list = (missing + folders).map(TOMLText.string).joined(separator: ", ")
            text.set("folders", of: "profiles", to: "[\(list)]")
        }
        if take("serial.\(name)", body) == nil { text = before }
    }

    private func choose(_ found: Detection, _ port: PortName) throws -> DetectionCandidate? {
        switch found.choices.count {
        case 0:
            questions.tell("  \(port): no profile fits what was heard; millrace devices detect tells more")
            return nil
        case 1:
            questions.tell("  \(port): \(found.choices[0].profile.title)")
            return found.choices[0]
        default:
            questions.tell("  \(port): these fit alike; choose by what is printed on the device")
            let titles = found.choices.map { "\($0.profile.name): \($0.profile.title)" }
            return try questions.choose("Which", among: titles).map { found.choices[$0] }
        }
    }
}
