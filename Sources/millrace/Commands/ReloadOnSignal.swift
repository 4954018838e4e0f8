import Agent
import ServiceLifecycle
import UnixSignals

/// Reads the configuration again at SIGHUP, says so to systemd, and leaves word of the outcome for `millrace reload`.
struct ReloadOnSignal: Service {
    let agent: MillraceAgent
    let notifier: ServiceNotifier
    /// SIGHUP, caught since before anybody could know that there is an agent: it would end the process.
    let signals: UnixSignalsSequence

    func run() async throws {
        await cancelWhenGracefulShutdown {
            let note = ReloadNote(log: agent.configuration.log.path)
            for await _ in signals { await reload(note) }
        }
    }

    private func reload(_ note: ReloadNote) async {
        notifier.reloading()
        note.begin()
        let outcome = await agent.reload()
        note.end(outcome)
        notifier.ready()
    }
}
