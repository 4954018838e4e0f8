import AgentTestKit
import Foundation
import Simulation

/// One page in a browser.
struct BrowserTab: Sendable {
    let browser: Chromium
    private let session: String

    /// Opens an empty one, and watches what it loads and complains of.
    init(in browser: Chromium) async throws {
        self.browser = browser
        let target = try await browser.call("Target.createTarget", ["url": "about:blank"])["targetId"] ?? .null
        let attached = try await browser.call("Target.attachToTarget", ["targetId": target, "flatten": true])
        guard let session = attached["sessionId"]?.text else { throw BrowserFailure("no session for a new tab") }
        self.session = session
        for domain in ["Page", "Runtime", "Log", "Network", "Accessibility"] { try await call("\(domain).enable") }
        try await size(width: 1440, height: 900)
        try await prefer([:])
    }

    @discardableResult
    func call(_ method: String, _ parameters: JSONValue = [:]) async throws -> JSONValue {
        try await browser.call(method, parameters, session: session)
    }

    func open(_ address: String) async throws { try await call("Page.navigate", ["url": .string(address)]) }

    /// As a screen of this size; below 600 as a phone.
    func size(width: Int, height: Int) async throws {
        try await call(
            "Emulation.setDeviceMetricsOverride",
            [
                "width": .number(Double(width)), "height": .number(Double(height)), "deviceScaleFactor": 1,
                "mobile": .boolean(width < 600),
            ])
    }

    /// As for somebody whose system is set so: `prefers-color-scheme: dark`.
    func prefer(_ features: [String: String]) async throws {
        let all = ["prefers-color-scheme": "light", "prefers-reduced-motion": "no-preference"].merging(features) { $1 }
        try await call(
            "Emulation.setEmulatedMedia",
            ["features": .array(all.map { ["name": .string($0.key), "value": .string($0.value)] })])
    }

    /// What a script yields; a promise is waited for.
    @discardableResult
    func evaluate(_ script: String) async throws -> JSONValue {
        let answer = try await call(
            "Runtime.evaluate",
            ["expression": .string(script), "returnByValue": true, "awaitPromise": true, "userGesture": true])
        if let text = answer["exceptionDetails"]?["exception"]?["description"]?.text {
            throw BrowserFailure("\(text) in: \(script.prefix(200))")
        }
        return answer["result"]?["value"] ?? .null
    }

    /// Whether a script yields true in the end.
    func shows(_ script: String) async throws -> Bool {
        try await eventually {
            do {
                return try await evaluate("Boolean(\(script))").boolean == true
            } catch let failure as BrowserFailure where failure.isOfLoading {
                return false
            }
        }
    }

    /// The text of the first element that a selector finds, as it is seen.
    func text(_ selector: String) async throws -> String {
        try await evaluate("document.querySelector(\(quoted(selector)))?.innerText ?? ''").text ?? ""
    }

    /// The texts of all elements that a selector finds.
    func texts(_ selector: String) async throws -> [String] {
        try await evaluate("[...document.querySelectorAll(\(quoted(selector)))].map(e => e.innerText)").texts
    }

    /// Presses and releases a key, such as `Tab`.
    func press(_ key: String, code: Int, text: String? = nil) async throws {
        for kind in ["keyDown", "keyUp"] {
            var event: [String: JSONValue] = [
                "type": .string(kind), "key": .string(key), "code": .string(key),
                "windowsVirtualKeyCode": .number(Double(code)),
            ]
            if let text, kind == "keyDown" { event["text"] = .string(text) }
            try await call("Input.dispatchKeyEvent", .object(event))
        }
    }

    /// The tree that a screen reader is given: the nodes that are not ignored, with role, name and value.
    func accessibilityTree() async throws -> [AccessibleNode] {
        (try await call("Accessibility.getFullAXTree")["nodes"]?.elements ?? []).compactMap { node in
            guard node["ignored"]?.boolean != true, let role = node["role"]?["value"]?.text else { return nil }
            return AccessibleNode(role: role, name: node["name"]?["value"]?.text ?? "")
        }
    }

    /// Addresses that were asked for.
    var requests: [String] {
        browser.events(of: session).filter { $0.method == "Network.requestWillBeSent" }
            .compactMap { $0.parameters["request"]?["url"]?.text }
    }

    /// Exceptions, and what the browser or its policy complains of. That nothing answers is no complaint: tests do
    /// that.
    var complaints: [String] {
        browser.events(of: session).compactMap { event in
            switch event.method {
            case "Runtime.exceptionThrown":
                return event.parameters["exceptionDetails"]?["exception"]?["description"]?.text ?? "an exception"
            case "Log.entryAdded":
                let entry = event.parameters["entry"] ?? .null
                let isTold = ["error", "warning"].contains(entry["level"]?.text ?? "")
                return isTold && entry["source"]?.text != "network" ? entry["text"]?.text : nil
            default: return nil
            }
        }
    }

    /// Takes a picture of the whole page, as wide as the screen, and keeps it in the build folder.
    ///
    /// - Returns: the bytes of the PNG.
    @discardableResult
    func picture(_ name: String, width: Int) async throws -> [UInt8] {
        let height = try await evaluate("document.documentElement.scrollHeight").number ?? 900
        try await size(width: width, height: min(6000, Int(height)))
        let encoded = try await call("Page.captureScreenshot", ["format": "png"])["data"]?.text ?? ""
        let bytes = Array(Data(base64Encoded: encoded) ?? Data())
        let folder = ".build/screenshots"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name).png"))
        return bytes
    }

    private func quoted(_ text: String) -> String {
        "\"\(text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\""))\""
    }
}

/// Something that a screen reader tells.
struct AccessibleNode: Hashable, Sendable {
    let role: String
    let name: String
}
