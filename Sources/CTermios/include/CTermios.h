#pragma once

/// Linux's termios2, which takes any integer speed; glibc's <termios.h> cannot be included beside it, hence this target.
/// All functions return 0, or -1 with errno set.

/// Raw mode with the given format. parity: 0 none, 1 even, 2 odd. flow: 0 none, 1 RTS/CTS, 2 XON/XOFF.
/// HUPCL is cleared, so that closing does not drop DTR.
int millrace_termios_configure(int descriptor, int baud, int data_bits, int parity, int stop_bits, int flow);

/// The speed that the driver really set, or -1.
int millrace_termios_speed(int descriptor);

/// TIOCEXCL: later opens fail, except root's.
int millrace_tty_lock(int descriptor);
