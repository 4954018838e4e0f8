#pragma once

/// Linux's termios2, which takes any integer speed; glibc's <termios.h> cannot be included beside it, hence this
/// target.

/// The format of a line. parity: 0 none, 1 even, 2 odd. flow: 0 none, 1 RTS/CTS, 2 XON/XOFF.
struct millrace_line {
    int baud;
    int data_bits;
    int parity;
    int stop_bits;
    int flow;
};

/// Raw mode with the given format. A read waits for a byte (VMIN 1), so that 0 means hang-up and nothing else.
/// HUPCL is cleared, so that closing does not drop DTR. Returns 0, or -1 with errno set; TCSETS2 says 0 also where the
/// driver took only a part: read it back.
int millrace_line_configure(int descriptor, const struct millrace_line *line);

/// The format that the driver really set. Returns 0, or -1 with errno set.
int millrace_line_read(int descriptor, struct millrace_line *line);

/// Throws away what was received and not read, and what was written and not sent. Returns 0, or -1 with errno set.
int millrace_line_flush(int descriptor);

/// Whether it is the device side of a pseudo-terminal: 1 or 0, or -1 with errno set.
int millrace_line_is_pseudo(int descriptor);

/// TIOCEXCL: later opens fail, except root's. Returns 0, or -1 with errno set.
int millrace_line_claim(int descriptor);

/// Whether somebody has set TIOCEXCL: 1 or 0, or -1 with errno set.
int millrace_line_is_claimed(int descriptor);
