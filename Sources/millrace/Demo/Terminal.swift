import Agent
import Glibc

/// The terminal: keys one by one, a screen of its own, and everything as it was before once it is restored.
final class Terminal: Sendable {
    /// Columns and rows.
    struct Size: Sendable, Equatable {
        var columns = 80
        var rows = 24
    }

    private let before: termios

    /// Whether a person sits at both ends: keys come in and a screen can be drawn.
    static var isInteractive: Bool {
        isatty(0) == 1 && isatty(1) == 1 && environment("TERM").map { !["", "dumb"].contains($0) } ?? false
    }

    /// Whether colour is wanted (https://no-color.org).
    static var wantsColour: Bool { (environment("NO_COLOR") ?? "").isEmpty }

    /// Whether the person's locale shows more than ASCII (POSIX: LC_ALL, then LC_CTYPE, then LANG).
    static var isUnicode: Bool {
        let name = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap(environment).first { !$0.isEmpty } ?? ""
        return ["UTF-8", "utf8", "UTF8", "utf-8"].contains { name.hasSuffix($0) }
    }

    /// Takes the terminal over; nil where standard input is none.
    init?() {
        var settings = termios()
        guard tcgetattr(0, &settings) == 0 else { return nil }
        before = settings
        settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
        // Control-S would stop the picture for good, and a suspended demonstration would leave its screen behind.
        settings.c_iflag &= ~tcflag_t(IXON)
        withUnsafeMutableBytes(of: &settings.c_cc) { keys in
            for key in [VSUSP, VQUIT] { keys[Int(key)] = 0 }
            keys[Int(VMIN)] = 0
            keys[Int(VTIME)] = 0
        }
        guard tcsetattr(0, TCSANOW, &settings) == 0 else { return nil }
        // The alternate screen, without a cursor.
        write("\u{1B}[?1049h\u{1B}[?25l\u{1B}[2J")
    }

    /// Gives the terminal back.
    func restore() {
        write("\u{1B}[0m\u{1B}[?25h\u{1B}[?1049l")
        var settings = before
        // Keys that nobody has read are not meant for the shell.
        tcsetattr(0, TCSAFLUSH, &settings)
    }

    /// How large the screen is now; 80 by 24 where it does not say.
    var size: Size { Self.size }

    /// How many columns standard output has; any number where it is no terminal.
    static var columns: Int { isatty(1) == 1 ? size.columns : .max }

    private static var size: Size {
        var window = winsize()
        guard ioctl(1, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0, window.ws_row > 0 else { return Size() }
        return Size(columns: Int(window.ws_col), rows: Int(window.ws_row))
    }

    /// Draws these lines, from the top, and clears the rest.
    func draw(_ lines: [String]) {
        write("\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J")
    }

    /// The keys that were pressed; nil when the terminal has gone. A key that sends a sequence, such as an arrow, is
    /// none of ours.
    func keys() -> [Character]? {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(0, &bytes, bytes.count)
        if count < 0 { return errno == EINTR || errno == EAGAIN ? [] : nil }
        return bytes.prefix(count).prefix { $0 != 0x1B }.map { Character(UnicodeScalar($0)) }
    }

    private func write(_ text: String) { writeAll(text.utf8, to: 1) }
}
