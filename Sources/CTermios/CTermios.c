#include "CTermios.h"

#include <asm/termbits.h>
#include <sys/ioctl.h>

int millrace_termios_configure(int descriptor, int baud, int data_bits, int parity, int stop_bits, int flow) {
    static const tcflag_t sizes[] = {CS5, CS6, CS7, CS8};
    struct termios2 settings;
    if (ioctl(descriptor, TCGETS2, &settings) != 0) return -1;
    settings.c_iflag = 0;
    settings.c_oflag = 0;
    settings.c_lflag = 0;
    settings.c_cflag = BOTHER | CREAD | CLOCAL | sizes[(data_bits < 5 || data_bits > 8) ? 3 : data_bits - 5];
    if (parity != 0) {
        settings.c_cflag |= PARENB | (parity == 2 ? PARODD : 0);
        settings.c_iflag |= INPCK | IGNPAR;  // a byte with bad parity is dropped; the frame's checksum sees the hole
    }
    if (stop_bits == 2) settings.c_cflag |= CSTOPB;
    if (flow == 1) settings.c_cflag |= CRTSCTS;
    if (flow == 2) settings.c_iflag |= IXON | IXOFF;
    settings.c_ispeed = (speed_t)baud;
    settings.c_ospeed = (speed_t)baud;
    settings.c_cc[VMIN] = 0;
    settings.c_cc[VTIME] = 0;
    return ioctl(descriptor, TCSETS2, &settings);
}

int millrace_termios_speed(int descriptor) {
    struct termios2 settings;
    return ioctl(descriptor, TCGETS2, &settings) != 0 ? -1 : (int)settings.c_ospeed;
}

int millrace_tty_lock(int descriptor) { return ioctl(descriptor, TIOCEXCL); }
