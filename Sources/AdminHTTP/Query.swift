import Records

/// The parameters of a request, read strictly: each at most once, none that is not known.
struct Query: Sendable {
    /// What is wrong with it, in words.
    struct Problem: Error { let text: String }

    private let values: [String: String]

    /// The part of a request's target before `?`, as it came: paths are compared byte by byte, so that no other way to
    /// write one leads anywhere.
    static func path(of target: String) -> String { String(target.prefix { $0 != "?" }) }

    /// - Parameters:
    ///   - target: the request's target.
    ///   - known: the parameters that there are.
    init(_ target: String, known: [String]) throws(Problem) {
        var values: [String: String] = [:]
        guard let mark = target.firstIndex(of: "?") else {
            self.values = [:]
            return
        }
        for pair in target[target.index(after: mark)...].split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(parts[0]), let value = Self.decoded(parts.count > 1 ? parts[1] : "") else {
                throw Problem(text: "\"\(pair.prefix(100))\" is not percent-encoded UTF-8")
            }
            guard known.contains(name) else {
                let names = known.isEmpty ? "there are none" : "known are \(known.joined(separator: ", "))"
                throw Problem(text: "unknown parameter \"\(name.prefix(100))\"; \(names)")
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw Problem(text: "the parameter \"\(name)\" stands twice")
            }
        }
        self.values = values
    }

    /// A parameter's text; nil where it is absent.
    subscript(name: String) -> String? { values[name] }

    /// A parameter that must be there.
    func required(_ name: String) throws(Problem) -> String {
        guard let value = values[name], !value.isEmpty else {
            throw Problem(text: "the parameter \"\(name)\" is missing")
        }
        return value
    }

    /// A whole number within bounds; nil where it is absent.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let text = values[name] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw Problem(text: "\(name) is a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// `true` or `false`; false where it is absent.
    func flag(_ name: String) throws(Problem) -> Bool {
        switch values[name] {
        case nil, "false"?: return false
        case "true"?: return true
        default: throw Problem(text: "\(name) is true or false")
        }
    }

    /// Text without its percent-encoding (RFC 3986, 2.1) and with `+` as a space; nil where that is broken.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(0x20)
            case UInt8(ascii: "%"):
                guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16),
                    rest.prefix(2).allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") })
                else { return nil }
                bytes.append(value)
                rest = rest.dropFirst(2)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
