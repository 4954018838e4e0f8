extension String {
    /// In one line and without anything that a terminal obeys, whatever a device or a broker put into it.
    ///
    /// - Parameter isUnicode: whether more than ASCII is shown.
    func shown(isUnicode: Bool = true) -> String {
        var text = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            switch scalar.value {
            case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029: text.append(" ")
            case 0xA0... where !isUnicode: text.append("?")
            default: text.append(scalar)
            }
        }
        return String(text)
    }
}
