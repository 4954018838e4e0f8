import AdminHTTP
import Agent
import ArgumentParser
import Glibc
import LogStore
import Records
import SerialIO
import Simulation
import StrictTOML

/// What somebody who is to help needs to know of a gateway, without its secrets.
struct SupportBundle {
    let place: AgentPlace
    /// The unit whose journal is taken.
    let unit: String

    /// Bytes of one file: of what is longer, the end is kept.
    private static let fileSizeMax = 4 << 20

    /// Collects all of it. Blocks.
    func archive(at time: Int64) async -> TarArchive {
        let document = try? TOMLDocument(path: place.file.path)
        let directory = AgentPlace.directory(of: place.file.path)
        let secrets =
            document.map {
                MaskedConfiguration.secrets(
                    in: $0, directory: directory, credentialsDirectory: environment("CREDENTIALS_DIRECTORY"))
            } ?? []
        let paths = document.map { AgentPlace.paths(in: $0, directory: directory) }
        let client = (place.socket ?? paths?.socket).map { AdminClient(socket: $0, timeout: .seconds(10)) }
        var archive = TarArchive(time: time)
        func add(_ name: String, _ text: String) {
            archive.add("millrace-support/\(name)", Array(Self.swept(text, of: secrets).utf8.suffix(Self.fileSizeMax)))
        }
        add("README.txt", Self.explanation)
        add("version.txt", Millrace.configuration.version + "\n" + Self.system)
        add("check.txt", check)
        add("configuration.json", document.map { String(decoding: MaskedConfiguration.json($0), as: UTF8.self) } ?? "")
        add("status.json", await answer(client, "/status"))
        add("metrics.txt", await answer(client, "/metrics"))
        add("journal.txt", await journal)
        if let log = paths?.log {
            add("log.txt", statistics(log))
            add("files.txt", LogListing.text(of: log))
        }
        add("ports.txt", ports)
        return archive
    }

    // MARK: Pieces

    /// What `millrace check` says.
    private var check: String {
        do {
            let configuration = try loadConfiguration(place.file.path)
            return (configuration.notes.map { "\($0)" } + [configuration.pipelineDescription()]).joined(separator: "\n")
        } catch let error as ConfigurationError {
            return error.issues.map { "\($0)" }.joined(separator: "\n")
        } catch {
            return "\(error)"
        }
    }

    private func answer(_ client: AdminClient?, _ target: String) async -> String {
        guard let client else { return "the configuration names no socket\n" }
        do throws(AdminClientError) {
            return try await client.get(target).text
        } catch {
            return "\(error)\n"
        }
    }

    /// The newest lines of the unit's journal.
    private var journal: String {
        get async {
            guard let folder = try? TemporaryFolder("support") else { return "no temporary folder\n" }
            let arguments = ["-u", unit, "-n", "5000", "--no-pager", "-o", "short-iso"]
            do {
                let process = try ChildProcess("journalctl", arguments, output: .file(folder.file("journal")))
                _ = await process.wait(within: .seconds(30))
                return folder.read("journal")
            } catch {
                return "\(error); the newest lines of the agent are in status.json\n"
            }
        }
    }

    /// What the log says of itself, where no agent holds it.
    private func statistics(_ path: String) -> String {
        do throws(LogStoreError) {
            let log = try RingLog(inspecting: path, clock: SystemClock())
            defer { log.close() }
            return LogReport.text(log.statistics(), of: log.gateway) + "\n"
        } catch {
            return error.code == .inUse ? "an agent holds the log: see status.json\n" : "\(error.message)\n"
        }
    }

    private var ports: String {
        let tree = DeviceTree()
        let lines = tree.ports().map { "\($0)  \(tree.lastingName(of: $0))" }
        return (lines.isEmpty ? ["no serial port is plugged in"] : lines).joined(separator: "\n") + "\n"
    }

    private static var system: String {
        var name = utsname()
        uname(&name)
        func text<Value>(_ field: Value) -> String {
            withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        return "\(text(name.sysname)) \(text(name.release)) \(text(name.machine))\n"
            + TemporaryFolder.contents(of: "/etc/os-release")
    }

    // MARK: Secrets

    /// A text in which no secret stands, whoever wrote it.
    static func swept(_ text: String, of secrets: [String]) -> String {
        secrets.reduce(text) { $1.isEmpty ? $0 : $0.replacing($1, with: MaskedConfiguration.mask) }
    }

    private static let explanation = """
        What millrace support has collected. No record is in it, except that bytes of frames which could not be
        understood are in status.json. Passwords, tokens and keys are replaced by \(MaskedConfiguration.mask).

        version.txt          the program, its libraries, the system
        check.txt            what millrace check says of the configuration
        configuration.json   the configuration, what may be secret masked
        status.json          how the running agent stands: docs/admin.md
        metrics.txt          its metrics
        journal.txt          the newest lines of its journal
        log.txt              what the log holds, where no agent runs
        files.txt            the files of the log, and the headers of its segments
        ports.txt            serial ports, and the names by which they are found again

        """
}
