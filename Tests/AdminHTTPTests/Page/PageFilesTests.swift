import AdminHTTP
import Foundation
import Testing

/// The files that make the page, as they are in the program.
@Suite struct PageFilesTests {
    private let files = AdminPage.all

    @Test func `the page with all its parts is 100 kB at most`() {
        let sizes = files.mapValues(\.body.count)
        #expect(sizes.values.reduce(0, +) <= 100_000, "\(sizes)")
        #expect(sizes.values.allSatisfy { $0 > 0 })
    }

    @Test func `every part that is asked for is there, and none that nobody asks for`() throws {
        var asked: Set<String> = ["/"]
        for (path, file) in files {
            let text = String(decoding: file.body, as: UTF8.self)
            for match in text.matches(of: #/(?:href|src)="(page\/[^"]+)"/#) { asked.insert("/\(match.1)") }
            for match in text.matches(of: #/from "\.\/([^"]+)"/#) where path.hasSuffix(".js") {
                asked.insert("/page/\(match.1)")
            }
        }
        #expect(asked == Set(files.keys))
    }

    @Test func `no part names another place, or makes HTML of text`() {
        let forbidden = ["http:", "https:", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("]
        for (path, file) in files where path.hasSuffix(".js") || path.hasSuffix(".css") || path == "/" {
            // The name of a namespace is no address that anybody asks.
            let text = String(decoding: file.body, as: UTF8.self)
                .replacingOccurrences(of: "http://www.w3.org/2000/svg", with: "")
            #expect(forbidden.filter(text.contains) == [], "\(path)")
        }
    }

    @Test func `the files in the program are those of the repository`() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../../Sources/CPage/page")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names.count == files.count, "each is listed in CPage.c")
        for name in names {
            let path = name == "index.html" ? "/" : "/page/\(name)"
            let onDisk = try Data(contentsOf: folder.appendingPathComponent(name))
            #expect(files[path].map { Data($0.body) } == onDisk, "\(name)")
        }
    }

    @Test func `tags differ, and the policy allows nothing from outside and nothing inline`() throws {
        #expect(Set(files.values.map(\.entityTag)).count == files.count)
        #expect(files.values.allSatisfy { $0.entityTag.hasPrefix("\"") && $0.entityTag.hasSuffix("\"") && $0.isPublic })
        let policy = try #require(files["/"]?.contentSecurityPolicy)
        #expect(policy.hasPrefix("default-src 'none';"))
        for part in ["unsafe", "*", "data:", "http"] { #expect(!policy.contains(part)) }
        for part in ["frame-ancestors 'none'", "base-uri 'none'", "require-trusted-types-for 'script'"] {
            #expect(policy.contains(part))
        }
    }
}
