import Glibc

extension Double {
    /// With so many digits behind the point; for numbers that people read, below a billion.
    func text(_ digits: Int) -> String {
        let factor = pow(10, Double(digits))
        let scaled = Int((magnitude * factor).rounded())
        let sign = self < 0 && scaled != 0 ? "-" : ""
        guard digits > 0 else { return "\(sign)\(scaled)" }
        let fraction = "\(scaled % Int(factor))"
        return "\(sign)\(scaled / Int(factor)).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
    }
}

extension UInt64 {
    /// With a comma between thousands.
    var grouped: String {
        let digits = Array("\(self)")
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return text
    }
}

extension Duration {
    /// Minutes and whole seconds, the nearest: `1:07`.
    var clockText: String {
        let seconds = max(0, Int((self / .seconds(1)).rounded()))
        return "\(seconds / 60):\(seconds % 60 < 10 ? "0" : "")\(seconds % 60)"
    }
}

extension String {
    /// Cut or filled with spaces at its end, so that it takes so many columns.
    func padded(_ width: Int) -> String {
        let text = String(prefix(max(0, width)))
        return text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// With `other` at the right end of so many columns.
    func spread(_ other: String, _ width: Int) -> String {
        padded(max(0, width - other.count)) + other
    }
}
