import ServiceLifecycle
import Uplinks

/// Tells of the demonstration in plain lines, for a file, a pipe or a build server.
struct ProgressLines: Service {
    let world: DemoWorld
    let interval: Duration

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: interval)) != nil { tell("") }
        }
    }

    /// A line with the numbers as they are, and what has happened.
    func tell(_ event: String) {
        let snapshot = world.snapshot()
        let numbers = [
            "sent \(snapshot.sent)", "accepted \(snapshot.accepted)", "forwarded \(snapshot.forwarded)",
            "held \(snapshot.held)", "lost \(snapshot.lost)", "link \(snapshot.link.isUp ? "up" : "cut")",
            "at the centre \(snapshot.centre.distinct)",
        ]
        let time = "".spread(snapshot.elapsed.clockText, 5)
        writeLine("\(time)  \(event.isEmpty ? numbers.joined(separator: "  ") : event)", to: 1)
    }
}
