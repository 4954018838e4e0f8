#include "CTermios.h"

#include <asm/termbits.h>
#include <linux/serial.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static const tcflag_t sizes[] = {CS5, CS6, CS7, CS8};

int millrace_line_configure(int descriptor, const struct millrace_line *line) {
    struct termios2 settings;
    if (ioctl(descriptor, TCGETS2, &settings) != 0) return -1;
    settings.c_iflag = 0;
    settings.c_oflag = 0;
    settings.c_lflag = 0;
    settings.c_cflag = BOTHER | CREAD | CLOCAL | sizes[(line->data_bits - 5) & 3];
    if (line->parity != 0) {
        settings.c_cflag |= PARENB | (line->parity == 2 ? PARODD : 0);
        settings.c_iflag |= INPCK | IGNPAR;  // a byte with bad parity is dropped; the frame's checksum sees the hole
    }
    if (line->stop_bits == 2) settings.c_cflag |= CSTOPB;
    if (line->flow == 1) settings.c_cflag |= CRTSCTS;
    if (line->flow == 2) settings.c_iflag |= IXON | IXOFF;
    settings.c_ispeed = (speed_t)line->baud;
    settings.c_ospeed = (speed_t)line->baud;
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    return ioctl(descriptor, TCSETS2, &settings);
}

int millrace_line_read(int descriptor, struct millrace_line *line) {
    struct termios2 settings;
    if (ioctl(descriptor, TCGETS2, &settings) != 0) return -1;
    line->baud = (int)settings.c_ospeed;
    line->data_bits = 8;
    for (int bits = 5; bits <= 8; bits++) {
        if ((settings.c_cflag & CSIZE) == sizes[bits - 5]) line->data_bits = bits;
    }
    line->parity = (settings.c_cflag & PARENB) == 0 ? 0 : (settings.c_cflag & PARODD) == 0 ? 1 : 2;
    line->stop_bits = (settings.c_cflag & CSTOPB) == 0 ? 1 : 2;
    line->flow = (settings.c_cflag & CRTSCTS) != 0 ? 1 : (settings.c_iflag & IXON) != 0 ? 2 : 0;
    return 0;
}

int millrace_line_flush(int descriptor) { return ioctl(descriptor, TCFLSH, TCIOFLUSH); }

int millrace_line_is_pseudo(int descriptor) {
    struct stat status;
    if (fstat(descriptor, &status) != 0) return -1;
    // UNIX98_PTY_SLAVE_MAJOR and the seven after it, in the kernel's devices.txt.
    return major(status.st_rdev) >= 136 && major(status.st_rdev) <= 143;
}

int millrace_line_claim(int descriptor) { return ioctl(descriptor, TIOCEXCL); }

int millrace_line_release(int descriptor) { return ioctl(descriptor, TIOCNXCL); }

int millrace_line_is_claimed(int descriptor) {
    int claimed = 0;
    return ioctl(descriptor, TIOCGEXCL, &claimed) != 0 ? -1 : claimed != 0;
}

int millrace_line_set_baud(int descriptor, int baud) {
    struct termios2 settings;
    if (ioctl(descriptor, TCGETS2, &settings) != 0) return -1;
    settings.c_cflag = (settings.c_cflag & ~(tcflag_t)CBAUD) | BOTHER;
    settings.c_ispeed = (speed_t)baud;
    settings.c_ospeed = (speed_t)baud;
    return ioctl(descriptor, TCSETS2, &settings);
}

int millrace_line_flush_output(int descriptor) { return ioctl(descriptor, TCFLSH, TCOFLUSH); }

int millrace_line_set_wires(int descriptor, int dtr, int rts) {
    int raised = (dtr == 1 ? TIOCM_DTR : 0) | (rts == 1 ? TIOCM_RTS : 0);
    int lowered = (dtr == 0 ? TIOCM_DTR : 0) | (rts == 0 ? TIOCM_RTS : 0);
    if (raised != 0 && ioctl(descriptor, TIOCMBIS, &raised) != 0) return -1;
    if (lowered != 0 && ioctl(descriptor, TIOCMBIC, &lowered) != 0) return -1;
    return 0;
}

int millrace_line_set_rs485(int descriptor) {
    struct serial_rs485 settings = {0};
    settings.flags = SER_RS485_ENABLED | SER_RS485_RTS_ON_SEND;
    return ioctl(descriptor, TIOCSRS485, &settings);
}

int millrace_line_set_low_latency(int descriptor) {
    struct serial_struct settings;
    if (ioctl(descriptor, TIOCGSERIAL, &settings) != 0) return -1;
    settings.flags |= ASYNC_LOW_LATENCY;
    return ioctl(descriptor, TIOCSSERIAL, &settings);
}

int millrace_line_read_faults(int descriptor, struct millrace_line_faults *faults) {
    struct serial_icounter_struct counts = {0};
    if (ioctl(descriptor, TIOCGICOUNT, &counts) != 0) return -1;
    faults->overruns = (unsigned int)counts.overrun;
    faults->framing_errors = (unsigned int)counts.frame;
    faults->parity_errors = (unsigned int)counts.parity;
    faults->buffer_overruns = (unsigned int)counts.buf_overrun;
    return 0;
}
