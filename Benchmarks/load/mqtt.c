#include "mqtt.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

void fail(const char *format, ...) {
    int code = errno;
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    if (code != 0) fprintf(stderr, ": %s", strerror(code));
    fputc('\n', stderr);
    exit(1);
}

int64_t now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

double cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

void write_all(int fd, const void *bytes, size_t count) {
    const uint8_t *next = bytes;
    while (count > 0) {
        ssize_t written = send(fd, next, count, MSG_NOSIGNAL);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail("cannot write to the broker");
        next += written;
        count -= (size_t)written;
    }
}

size_t mqtt_receive(int fd, struct mqtt_inbox *inbox) {
    if (inbox->start > 0) {
        memmove(inbox->bytes, inbox->bytes + inbox->start, inbox->end - inbox->start);
        inbox->end -= inbox->start;
        inbox->start = 0;
    }
    if (inbox->end == inbox->capacity) {
        inbox->capacity = inbox->capacity == 0 ? 1 << 20 : 2 * inbox->capacity;
        inbox->bytes = realloc(inbox->bytes, inbox->capacity);
        if (inbox->bytes == NULL) fail("no memory for %zu bytes", inbox->capacity);
    }
    ssize_t count = read(fd, inbox->bytes + inbox->end, inbox->capacity - inbox->end);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    if (count < 0) fail("cannot read from the broker");
    if (count == 0) {
        errno = 0;
        fail("the broker closed the connection");
    }
    inbox->end += (size_t)count;
    return (size_t)count;
}

bool mqtt_next(struct mqtt_inbox *inbox, struct mqtt_packet *packet) {
    const uint8_t *bytes = inbox->bytes + inbox->start;
    size_t available = inbox->end - inbox->start, body_size = 0, header_size = 1;
    for (unsigned shift = 0;; shift += 7) {
        if (header_size >= available) return false;
        uint8_t byte = bytes[header_size++];
        body_size |= (size_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) break;
        if (shift == 21) fail("the broker sent a malformed length");
    }
    if (header_size + body_size > available) return false;
    *packet = (struct mqtt_packet){bytes[0], bytes + header_size, body_size, header_size + body_size};
    inbox->start += packet->size;
    return true;
}

struct mqtt_publish mqtt_parse_publish(const struct mqtt_packet *packet, int version) {
    struct mqtt_publish publish = {.qos = packet->header >> 1 & 3};
    const uint8_t *bytes = packet->body;
    size_t offset = 2 + (size_t)(bytes[0] << 8 | bytes[1]);
    if (publish.qos > 0) {
        publish.id = (uint16_t)(bytes[offset] << 8 | bytes[offset + 1]);
        offset += 2;
    }
    if (version == 5) {
        size_t properties = 0;
        for (unsigned shift = 0;; shift += 7) {
            uint8_t byte = bytes[offset++];
            properties |= (size_t)(byte & 0x7f) << shift;
            if ((byte & 0x80) == 0) break;
        }
        offset += properties;
    }
    if (offset > packet->body_size) fail("the broker sent a malformed PUBLISH");
    publish.payload = bytes + offset;
    publish.payload_size = packet->body_size - offset;
    return publish;
}

static struct mqtt_packet await(int fd, struct mqtt_inbox *inbox, uint8_t type) {
    struct mqtt_packet packet;
    while (!mqtt_next(inbox, &packet)) mqtt_receive(fd, inbox);
    errno = 0;
    if ((packet.header & 0xf0) != type) fail("expected packet type %02x, got %02x", type, packet.header);
    return packet;
}

static size_t put_string(uint8_t *target, const char *text) {
    size_t count = strlen(text);
    target[0] = (uint8_t)(count >> 8);
    target[1] = (uint8_t)count;
    memcpy(target + 2, text, count);
    return count + 2;
}

int mqtt_connect(int port, const char *client_id, int version, uint16_t receive_maximum) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        fail("cannot connect to 127.0.0.1:%d", port);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);

    uint8_t packet[128] = {0x10, 0, 0, 4, 'M', 'Q', 'T', 'T', (uint8_t)version, 0x02, 0, 0};
    size_t size = 12;
    if (version == 5) {
        packet[size++] = 3;
        packet[size++] = 0x21;  // Receive Maximum
        packet[size++] = (uint8_t)(receive_maximum >> 8);
        packet[size++] = (uint8_t)receive_maximum;
    }
    if (strlen(client_id) > 60) fail("the client id is too long");
    size += put_string(packet + size, client_id);
    packet[1] = (uint8_t)(size - 2);
    write_all(fd, packet, size);

    struct mqtt_inbox inbox = {0};
    struct mqtt_packet answer = await(fd, &inbox, MQTT_CONNACK);
    if (answer.body_size < 2 || answer.body[1] != 0) fail("the broker refused the connection");
    free(inbox.bytes);
    return fd;
}

void mqtt_subscribe(int fd, struct mqtt_inbox *inbox, const char *filter, int version) {
    uint8_t packet[128] = {0x82, 0, 0, 1};
    size_t size = 4;
    if (version == 5) packet[size++] = 0;
    if (strlen(filter) > 100) fail("the topic filter is too long");
    size += put_string(packet + size, filter);
    packet[size++] = 1;
    packet[1] = (uint8_t)(size - 2);
    write_all(fd, packet, size);

    struct mqtt_packet answer = await(fd, inbox, MQTT_SUBACK);
    if (answer.body[answer.body_size - 1] != 1) fail("the broker did not grant QoS 1 for %s", filter);
}
