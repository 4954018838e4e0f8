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

/// TIOCNXCL: takes the mark of TIOCEXCL away. Returns 0, or -1 with errno set.
int millrace_line_release(int descriptor);

/// Whether somebody has set TIOCEXCL: 1 or 0, or -1 with errno set.
int millrace_line_is_claimed(int descriptor);

/// Sets the speed of an open line and leaves the rest. Returns 0, or -1 with errno set; read it back.
int millrace_line_set_baud(int descriptor, int baud);

/// Throws away what was written and not sent. Returns 0, or -1 with errno set.
int millrace_line_flush_output(int descriptor);

/// Sets the wires DTR and RTS: 1 raises, 0 lowers, -1 leaves one as it is. Returns 0, or -1 with errno set.
int millrace_line_set_wires(int descriptor, int dtr, int rts);

/// The driver switches the direction of an RS-485 line: RTS is high while it sends. Returns 0, or -1 with errno set.
int millrace_line_set_rs485(int descriptor);

/// Asks the driver to hand on each byte at once (ASYNC_LOW_LATENCY). Returns 0, or -1 with errno set.
int millrace_line_set_low_latency(int descriptor);

/// What the driver has counted since it was loaded; each wraps around.
struct millrace_line_faults {
    unsigned int overruns;
    unsigned int framing_errors;
    unsigned int parity_errors;
    unsigned int buffer_overruns;
};

/// TIOCGICOUNT. Returns 0, or -1 with errno set: ENOTTY or EINVAL where the driver does not count.
int millrace_line_read_faults(int descriptor, struct millrace_line_faults *faults);

/// What became ready while millrace_line_wait() waited.
struct millrace_line_ready {
    int wakeup;
    int input;  // bytes, or a hang-up
    int room;
};

/// ppoll() on a wakeup and a line, either below zero for none: for so many nanoseconds, or for ever where they are
/// negative. poll() counts milliseconds, and gaps on a fast line are shorter.
struct millrace_line_ready millrace_line_wait(int wakeup, int line, int wants_room, long long nanoseconds);
