import Agent
import AgentTestKit
import Glibc
import Records
import Simulation
import Testing

@testable import AdminHTTP

@Suite struct AdminServerTests {
    @Test func `the status is one JSON object with everything that docs/admin.md names`() async throws {
        try await RunningServer.with { running in
            let reply = try await running.get("/status")
            #expect(reply.status == 200)
            let status = try JSONValue(reply.body)
            #expect(status["gateway"]?.text == "gw-1")
            #expect(status["version"]?.text == "1.2.3")
            let expected: Set = [
                "gateway", "version", "time", "uptime_seconds", "ready", "problems", "clock", "process", "log",
                "sources",
                "devices", "uplinks", "reload", "lost", "events",
            ]
            #expect(Set(status.members.keys) == expected)
            #expect(status["log"]?["path"]?.text == running.folder.file("log"))
            #expect(status["sources"]?["mqtt"]?[0]?["connected"] == .boolean(false))
            #expect(status["uplinks"]?[0]?["name"]?.text == "central")
            let page = TemporaryFolder.contents(of: repositoryFile("docs/admin.md"))
            for name in status.allNames.sorted() {
                #expect(page.contains("`\(name)`") || page.contains("`\(name)[]`"), "\(name) stands in docs/admin.md")
            }
        }
    }

    @Test func `it is ready only while everything is taken in, and says why it is not`() async throws {
        try await RunningServer.with { running in
            let health = try await running.get("/healthz")
            #expect(health.status == 200)
            let reply = try await running.get("/readyz")
            #expect(reply.status == 503)
            let problems = try JSONValue(reply.body)["problems"]?.elements ?? []
            #expect(problems.contains { $0["part"]?.text == "mqtt.floor" && $0["severity"]?.text == "error" })
        }
    }

    @Test func `P1 a local program's record is in the log when it is answered, under the identity that it is told`()
        async throws
    {
        let folder = try TemporaryFolder("admin")
        let payload = "{\"celsius\":\n21.5}"
        try await RunningServer.with(in: folder) { running in
            for number in 1...20 {
                let reply = try await running.post(
                    "/records?topic=lab%2Fprobe", payload, contentType: "application/json")
                #expect(reply.status == 201, "\(reply.text)")
                let id = try #require(RecordIdentity(JSONValue(reply.body)["id"]?.text ?? ""))
                #expect(id.position.sequence.rawValue == UInt64(number))
                let page = try JSONValue(try await running.get("/records?from=\(id.position)&limit=1").body)
                let record = try #require(page["records"]?[0])
                #expect(record["id"]?.text == "\(id)")
                #expect(record["topic"]?.text == "lab/probe")
                #expect(record["contenttype"]?.text == "application/json")
                #expect(record["data"]?["celsius"]?.number == 21.5)
                let next = Position(epoch: id.position.epoch, sequence: id.position.sequence.next)
                #expect(page["next"]?.text == "\(next)")
            }
        }
        // What a kill could not take away is there for the next one.
        try await RunningServer.with(in: folder) { running in
            let page = try JSONValue(try await running.get("/records").body)
            #expect(page["records"]?.elements.count == 20)
        }
    }

    @Test func `P7 records that come at the same time get each its own identity, that of its payload`() async throws {
        try await RunningServer.with { running in
            let ids = try await withThrowingTaskGroup(of: (Int, String).self) { tasks in
                for number in 0..<200 {
                    tasks.addTask {
                        let identity = try await running.agent.append(
                            LocalRecord(topic: "t/\(number)", stream: .telemetry, payload: Array("\(number)".utf8)))
                        return (number, "\(identity)")
                    }
                }
                return try await tasks.reduce(into: [String: Int]()) { $0[$1.1] = $1.0 }
            }
            #expect(ids.count == 200)
            let records = try JSONValue(try await running.get("/records?limit=1000").body)["records"]?.elements ?? []
            #expect(records.count == 200)
            for record in records {
                let number = ids[record["id"]?.text ?? ""]
                #expect(record["data"]?.number.map(Int.init) == number)
            }
        }
    }

    @Test(arguments: [
        ("/records?topic=a%2F%2B", 400), ("/records", 400), ("/records?topic=", 400),
        ("/records?topic=a&stream=none", 404),
        ("/records?topic=a&stream=No", 400), ("/records?topic=a&qos=1", 400), ("/actions/pause", 400),
        ("/actions/pause?uplink=none", 404), ("/actions/pause?uplink=..%2F", 400), ("/actions/reload", 409),
        ("/actions/replay?stream=telemetry", 400), ("/actions/replay?uplink=none", 404),
        ("/actions/replay?uplink=central&stream=none", 404), ("/actions/replay?uplink=central&from=0", 400),
        ("/actions/replay?uplink=central&to=yesterday", 400), ("/actions/replay?uplink=central&rejected=1", 400),
        ("/actions/identify?port=%2Fetc%2Fpasswd", 400), ("/actions/identify?port=%2Fdev%2Fnone", 409),
        ("/status", 405), ("/nothing", 404),
    ]) func `what cannot be done is refused with the reason`(target: String, status: Int) async throws {
        try await RunningServer.with { running in
            let reply = try await running.post(target)
            #expect(reply.status == status, "\(reply.text)")
            #expect(try JSONValue(reply.body)["error"]?.text?.isEmpty == false)
        }
    }

    @Test(arguments: [
        ("/records?from=5", 404), ("/records?from=0000000000000001/1&limit=0", 400), ("/records?limit=1001", 400),
        ("/records?from=x", 400), ("/records?stream=none", 404), ("/records/live?stream=none", 404),
        ("/records/live?topic=a%23", 400), ("/records/live?from=99", 404), ("/status?x=1", 400), ("/status/", 404),
        ("//status", 404), ("/./status", 404), ("/../status", 404), ("/%73tatus", 404), ("/status%00", 404),
        ("/Status", 404), ("/records/live/..", 404), ("/actions/pause", 405),
    ]) func `no other way to write a question is understood`(target: String, status: Int) async throws {
        try await RunningServer.with { running in
            let reply = try await running.get(target)
            #expect(reply.status == status, "\(reply.text)")
        }
    }

    @Test func `an uplink pauses and goes on, and both are told in the log`() async throws {
        try await RunningServer.with { running in
            let paused = try await running.post("/actions/pause?uplink=central")
            #expect(paused.isDone)
            let isPaused = await eventually { running.agent.status.uplinks[0].state == .paused }
            #expect(isPaused)
            _ = try await running.post("/records?topic=a", "1")
            let holds = await eventually { running.agent.status.uplinks[0].streams.first?.held == 1 }
            #expect(holds, "what is paused keeps its records")
            #expect(try await running.post("/actions/resume?uplink=central").isDone)
            let isForwarded = await eventually {
                let stream = running.agent.status.uplinks[0].streams.first
                return stream?.held == 0 && stream?.forwarded == 1
            }
            #expect(isForwarded)
            let told = running.complaints.newestFirst.filter { $0.text.contains("asked through") }.map(\.text)
            #expect(told.contains { $0.contains("pause") } && told.contains { $0.contains("resume") })
        }
    }

    @Test func `a replay is the request that the command leaves, is done, and moves no count`() async throws {
        try await RunningServer.with { running in
            for number in 1...10 { _ = try await running.post("/records?topic=a", "\(number)") }
            func stream() -> UplinkStatus.Stream? { running.agent.status.uplinks[0].streams.first }
            let isForwarded = await eventually { stream()?.forwarded == 10 }
            #expect(isForwarded)
            let reply = try await running.post("/actions/replay?uplink=central&from=3&to=7&unfiltered=true")
            #expect(reply.isDone, "\(reply.text)")
            let answer = try JSONValue(reply.body)
            #expect(
                answer["done"]?.text
                    == "telemetry is sent to central once more, from 3 to 7, whatever its filters leave out, beside "
                    + "what is new and marked as a replay")
            let name = try #require(answer["request"]?.text)
            let folder = ReplayFolder(log: running.folder.file("log"))
            var outcome: ReplayOutcome?
            _ = await eventually {
                outcome = folder.takeOutcome(of: name)
                return outcome != nil
            }
            #expect(outcome?.sent == 5 && outcome?.missing == 0 && outcome?.problem == nil)
            #expect(stream()?.forwarded == 10 && stream()?.held == 0)
        }
    }

    @Test func `who may only read can change nothing`() async throws {
        try await RunningServer.with(["socket_role = \"read\""]) { running in
            let status = try await running.get("/status").status
            #expect(status == 200)
            #expect(try await running.post("/records?topic=a", "1").status == 403)
            #expect(try await running.post("/actions/pause?uplink=central").status == 403)
            #expect(running.agent.status.log.streams.allSatisfy { $0.accepted == 0 })
        }
    }

    @Test func `the configuration is shown, and what may be secret in it is not`() async throws {
        let tables = """
            [uplinks.hook]
            url = "https://hook.example/in?code=geheim1"
            headers = { X-Key = "geheim2" }
            """
        try await RunningServer.with(tables: tables) { running in
            let reply = try await running.get("/config")
            #expect(reply.status == 200)
            let configuration = try JSONValue(reply.body)
            #expect(configuration["log"]?["capacity"]?.text == "4MiB")
            #expect(configuration["uplinks"]?["hook"]?["url"]?.text == "https://hook.example/in?***")
            #expect(configuration["uplinks"]?["hook"]?["headers"]?["X-Key"]?.text == "***")
            #expect(!reply.text.contains("geheim"))
        }
    }

    @Test func `the socket is for the agent's user and group, and goes with the server`() async throws {
        let folder = try TemporaryFolder("admin")
        try await RunningServer.with(in: folder) { running in
            var status = stat()
            #expect(stat(running.socket, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o660)
        }
        #expect(access(folder.file("admin.sock"), F_OK) != 0)
    }

    @Test func `a page is sent once and then only asked for`() async throws {
        let page = AdminPage(contentType: "text/html", body: Array("<p>hi".utf8), entityTag: "\"1\"")
        try await RunningServer.with(pages: ["/": page]) { running in
            let first = try await running.exchange(
                Array("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8))
            #expect(first.hasPrefix("HTTP/1.1 200") && first.hasSuffix("<p>hi"))
            #expect(first.lowercased().contains("etag: \"1\""))
            let again = try await running.exchange(
                Array("GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"1\"\r\nConnection: close\r\n\r\n".utf8))
            #expect(again.hasPrefix("HTTP/1.1 304") && !again.contains("hi"))
        }
    }
}

/// A file of the checkout.
func repositoryFile(_ path: String) -> String {
    #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/" + path
}

extension JSONValue {
    /// The names of all members, at any depth.
    fileprivate var allNames: Set<String> {
        switch self {
        case .object(let members): members.reduce(into: []) { $0.formUnion($1.value.allNames.union([$1.key])) }
        case .array(let elements): elements.reduce(into: []) { $0.formUnion($1.allNames) }
        default: []
        }
    }
}
