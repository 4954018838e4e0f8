import Agent
import ArgumentParser
import Glibc
import Logging
import ServiceLifecycle
import Simulation
import StrictTOML
import UnixSignals

struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show it: sensors, a gateway, two brokers and a link to cut, all on this machine.",
        discussion: """
            Starts two brokers on free ports, simulated devices and sensors on pseudo-terminals, the agent, and a \
            subscriber at the centre that checks every identity; all in temporary folders that are removed afterwards.

            In a terminal, `o` cuts and restores the link and `q` ends. With --headless, and where standard output is \
            no terminal, it makes one outage by itself, prints plain lines, and waits until everything has arrived. \
            Exits with 1 unless the sums are right, and with 69 where mosquitto is not installed.
            """)

    @Option(
        help: ArgumentHelp(
            "How long the sources speak, such as 30s or 2m. (default: 30s headless, else until q)",
            valueName: "time"),
        transform: Demo.duration)
    var duration: Duration?

    @Flag(help: "No live picture and no keys: one outage by itself, plain lines.")
    var headless = false

    func run() async throws {
        guard Broker.isInstalled else {
            printError(
                """
                millrace demo: the MQTT broker mosquitto is not installed.
                Debian, Ubuntu: sudo apt-get install mosquitto
                Fedora: sudo dnf install mosquitto
                Alpine: sudo apk add mosquitto
                """)
            throw ExitCode.missingProgram
        }
        limitMemory()
        signal(SIGPIPE, SIG_IGN)
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        let isLive = !headless && Terminal.isInteractive
        let outcome: DemoScript.Outcome
        do {
            outcome = try await play(isLive: isLive, signals)
        } catch let error as SimulationError {
            printError("millrace demo: \(error)")
            throw ExitCode.failure
        }
        let summary = DemoSummary(outcome: outcome, isColoured: isLive && Terminal.wantsColour)
        for line in summary.lines { writeLine(line, to: 1) }
        guard summary.isRight else { throw ExitCode.failure }
    }

    /// Sets the world up, lets it run to the end, and takes it down.
    private func play(isLive: Bool, _ signals: UnixSignalsSequence) async throws -> DemoScript.Outcome {
        let world = try await DemoWorld()
        let events = DemoEvents()
        let view: any Service
        let script: DemoScript
        if isLive, let live = LiveView(world, events: events) {
            view = live
            let cues = duration.map { [DemoScript.Cue(after: $0, event: .end)] } ?? []
            script = DemoScript(world, events: events, cues: cues) { _ in }
        } else {
            let whole = duration ?? .seconds(30)
            let progress = ProgressLines(world: world, interval: min(max(.seconds(1), whole / 15), .seconds(5)))
            view = progress
            let third = whole / 3
            let cues = [DemoScript.Cue(third, .link), (third, .link), (third, .end)]
            writeLine("configuration: \(world.configurationPath)", to: 1)
            script = DemoScript(world, events: events, cues: cues) { progress.tell($0) }
        }
        let watch = SignalWatch(signals: signals, events: events)
        var services = (world.agent.services + [view, watch]).map {
            ServiceGroupConfiguration.ServiceConfiguration(service: $0)
        }
        // Whatever becomes of the script, the agent stops in order.
        services.append(
            .init(
                service: script, successTerminationBehavior: .gracefullyShutdownGroup,
                failureTerminationBehavior: .gracefullyShutdownGroup))
        var group = ServiceGroupConfiguration(
            services: services, logger: Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() })
        group.maximumGracefulShutdownDuration = .seconds(8)
        try await ServiceGroup(configuration: group).run()
        try await world.close()
        guard let outcome = script.outcome else { throw SimulationError("it ended before it had begun") }
        return outcome
    }

    private static func duration(_ text: String) throws -> Duration {
        guard let duration = DurationText.parse(text), (.seconds(1) ... .seconds(86_400)).contains(duration) else {
            throw ValidationError("'\(text)' is no time between 1s and 24h, such as 30s or 2m.")
        }
        return duration
    }
}

/// Turns signals into events: a first one ends the demonstration in order, a second one without waiting.
private struct SignalWatch: Service {
    let signals: UnixSignalsSequence
    let events: DemoEvents

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in signals { events.send(.end) }
        }
    }
}
