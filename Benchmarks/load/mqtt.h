// The few pieces of MQTT that the load programs share: connect, frame packets, subscribe, keep time. Plain sockets,
// because a client library costs more per message than the brokers and agents that are to be measured.
#ifndef LOAD_MQTT_H
#define LOAD_MQTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MQTT_CONNACK = 0x20, MQTT_PUBLISH = 0x30, MQTT_PUBACK = 0x40, MQTT_SUBACK = 0x90 };

/// One packet inside a receive buffer; nothing is copied.
struct mqtt_packet {
    uint8_t header;       // first byte of the fixed header: type and flags
    const uint8_t *body;  // variable header and payload
    size_t body_size;
    size_t size;  // of the whole packet, fixed header included
};

/// Where the parts of a PUBLISH are.
struct mqtt_publish {
    unsigned qos;
    uint16_t id;  // 0 at QoS 0
    const uint8_t *payload;
    size_t payload_size;
};

/// Bytes that have come in and are not yet consumed.
struct mqtt_inbox {
    uint8_t *bytes;
    size_t start, end, capacity;
};

/// Prints the message and, when `errno` is set, its text to standard error, and exits with status 1.
__attribute__((format(printf, 1, 2), noreturn)) void fail(const char *format, ...);

/// CLOCK_MONOTONIC in nanoseconds: the same clock as Python's time.monotonic_ns().
int64_t now_ns(void);
/// User and system seconds that this process has used.
double cpu_seconds(void);

/// Connects to the broker on 127.0.0.1 and waits for its CONNACK; a clean session, no keepalive.
/// `version` is 4 (MQTT 3.1.1) or 5; `receive_maximum` is told to the broker in version 5 only.
int mqtt_connect(int port, const char *client_id, int version, uint16_t receive_maximum);
/// Subscribes at QoS 1 and waits for the SUBACK; what the broker sent behind it stays in the inbox.
void mqtt_subscribe(int fd, struct mqtt_inbox *inbox, const char *filter, int version);
/// Reads once into the inbox; returns how many bytes, 0 when a non-blocking socket has none. Exits at end of stream.
size_t mqtt_receive(int fd, struct mqtt_inbox *inbox);
/// Takes the next whole packet out of the inbox, or returns false when there is none yet.
bool mqtt_next(struct mqtt_inbox *inbox, struct mqtt_packet *packet);
/// Finds the parts of a PUBLISH packet.
struct mqtt_publish mqtt_parse_publish(const struct mqtt_packet *packet, int version);
/// Writes all bytes, waiting as long as it takes.
void write_all(int fd, const void *bytes, size_t count);

#endif
