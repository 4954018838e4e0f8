#define _GNU_SOURCE
#include <poll.h>

#include "CTermios.h"

struct millrace_line_ready millrace_line_wait(int wakeup, int line, int wants_room, long long nanoseconds) {
    struct millrace_line_ready ready = {0};
    struct pollfd polled[] = {
        {.fd = wakeup, .events = POLLIN},
        {.fd = line, .events = (short)(wants_room ? POLLIN | POLLOUT : POLLIN)},
    };
    struct timespec limit = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    if (ppoll(polled, 2, nanoseconds < 0 ? 0 : &limit, 0) <= 0) return ready;
    ready.wakeup = polled[0].revents != 0;
    ready.input = (polled[1].revents & ~POLLOUT) != 0;
    ready.room = (polled[1].revents & POLLOUT) != 0;
    return ready;
}
