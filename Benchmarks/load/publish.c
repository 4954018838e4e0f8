// The devices: a QoS 1 load of realistic sensor readings, made at so little cost that it does not disturb what it
// measures. Up to 1000 devices share a few connections; each connection keeps a window of unacknowledged messages.
//
//     publish --port N [--count 100000 | --seconds S] [--connections 4] [--devices 100] [--window 100] [--rate R]
//
// Each device counts its readings from 1000001 on, so that a receiver can tell what is missing, double or out of
// order. Prints one line of JSON when the last message is acknowledged.
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "mqtt.h"

enum { CONNECTIONS_MAX = 64, DEVICES_MAX = 1000, PAYLOAD_SIZE = 140, FIRST_COUNTER = 1000001 };

// Every number has a fixed width, so that a reading is made by writing digits into the last one.
static const char PAYLOAD[] =
    "{\"device\":\"press-000\",\"n\":0000000,\"time\":0000000000000,\"temperature\":00.000,"
    "\"humidity\":00.00,\"pressure\":1000.00,\"vibration\":0.0000,\"line\":3}";
static const char TOPIC[] = "sensors/press-000/reading";
_Static_assert(sizeof PAYLOAD - 1 == PAYLOAD_SIZE, "a reading has 140 bytes");

struct device {
    uint8_t packet[3 + 2 + sizeof TOPIC - 1 + 2 + PAYLOAD_SIZE];
    uint8_t *id, *counter, *time, *temperature, *humidity, *pressure, *vibration;
    unsigned next_counter;
    int temperature_milli, humidity_centi, pressure_centi;
};

struct connection {
    int fd;
    struct mqtt_inbox inbox;
    uint8_t *outbox;
    size_t out_start, out_end;
    unsigned unacknowledged, low_water;
    uint16_t next_id;
    int first_device, next_device;  // this connection's devices: first, first + connections, ...
};

static struct {
    int port, connections, devices, window;
    long count;
    double seconds, rate;
} options = {.connections = 4, .devices = 100, .window = 100};

static struct device devices[DEVICES_MAX];
static struct connection connections[CONNECTIONS_MAX];
static uint32_t random_state = 2463534242;

static uint32_t random_next(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    return random_state ^= random_state << 5;
}

static void put_digits(uint8_t *target, uint64_t value, int width) {
    while (width-- > 0) {
        target[width] = (uint8_t)('0' + value % 10);
        value /= 10;
    }
}

static uint8_t *field(uint8_t *payload, const char *name) {
    return payload + (strstr(PAYLOAD, name) - PAYLOAD) + strlen(name);
}

static void prepare_device(struct device *device, int number) {
    const size_t topic_size = sizeof TOPIC - 1, body = 2 + topic_size + 2 + PAYLOAD_SIZE;
    uint8_t *next = device->packet;
    *next++ = MQTT_PUBLISH | 1 << 1;
    *next++ = (uint8_t)(0x80 | (body & 0x7f));
    *next++ = (uint8_t)(body >> 7);
    *next++ = 0;
    *next++ = (uint8_t)topic_size;
    memcpy(next, TOPIC, topic_size);
    put_digits(next + (strstr(TOPIC, "000") - TOPIC), (uint64_t)number, 3);
    device->id = next + topic_size;
    uint8_t *payload = device->id + 2;
    memcpy(payload, PAYLOAD, PAYLOAD_SIZE);
    put_digits(field(payload, "press-"), (uint64_t)number, 3);
    device->counter = field(payload, "\"n\":");
    device->time = field(payload, "\"time\":");
    device->temperature = field(payload, "\"temperature\":");
    device->humidity = field(payload, "\"humidity\":");
    device->pressure = field(payload, "\"pressure\":");
    device->vibration = field(payload, "\"vibration\":0.");
    device->next_counter = FIRST_COUNTER;
    device->temperature_milli = 15000 + (int)(random_next() % 50000);
    device->humidity_centi = 2000 + (int)(random_next() % 6000);
    device->pressure_centi = 100000 + (int)(random_next() % 2900);
}

static void walk(int *value, int step, int min, int max) {
    *value += (int)(random_next() % (unsigned)(2 * step + 1)) - step;
    if (*value < min) *value = min;
    if (*value > max) *value = max;
}

static void put_fraction(uint8_t *target, unsigned value, int whole, int decimals) {
    unsigned divisor = decimals == 3 ? 1000 : 100;
    put_digits(target, value / divisor, whole);
    put_digits(target + whole + 1, value % divisor, decimals);
}

static void take_reading(struct device *device, uint16_t id, const uint8_t *time) {
    walk(&device->temperature_milli, 25, 10000, 99000);
    walk(&device->humidity_centi, 4, 1000, 9900);
    walk(&device->pressure_centi, 2, 100000, 103000);
    put_digits(device->counter, device->next_counter++, 7);
    memcpy(device->time, time, 13);
    put_fraction(device->temperature, (unsigned)device->temperature_milli, 2, 3);
    put_fraction(device->humidity, (unsigned)device->humidity_centi, 2, 2);
    put_fraction(device->pressure, (unsigned)device->pressure_centi, 4, 2);
    put_digits(device->vibration, 200 + random_next() % 400, 4);
    device->id[0] = (uint8_t)(id >> 8);
    device->id[1] = (uint8_t)id;
}

// Fills the connection's window with readings of its devices, round robin, and says how many.
static long fill(struct connection *connection, long allowance) {
    uint8_t time[13];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    put_digits(time, (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000, 13);
    long room = options.window - (long)connection->unacknowledged;
    long count = room < allowance ? room : allowance;
    for (long index = 0; index < count; index++) {
        struct device *device = &devices[connection->next_device];
        if (++connection->next_id == 0) connection->next_id = 1;
        take_reading(device, connection->next_id, time);
        memcpy(connection->outbox + connection->out_end, device->packet, sizeof device->packet);
        connection->out_end += sizeof device->packet;
        connection->next_device += options.connections;
        if (connection->next_device >= options.devices) connection->next_device = connection->first_device;
    }
    connection->unacknowledged += (unsigned)count;
    return count;
}

static void flush(struct connection *connection) {
    while (connection->out_start < connection->out_end) {
        ssize_t count = send(connection->fd, connection->outbox + connection->out_start,
                             connection->out_end - connection->out_start, MSG_NOSIGNAL);
        if (count < 0 && errno == EAGAIN) return;
        if (count < 0) fail("cannot write to the broker");
        connection->out_start += (size_t)count;
    }
    connection->out_start = connection->out_end = 0;
}

// A broker answers message by message; to be woken for each costs more than all else here. So the socket becomes
// readable only when a quarter of a window of PUBACKs, of 4 bytes each, is there.
static void set_low_water(struct connection *connection) {
    unsigned quarter = (unsigned)options.window / 4 + 1;
    unsigned mark = 4 * (connection->unacknowledged < quarter ? connection->unacknowledged : quarter);
    if (mark == 0 || mark == connection->low_water) return;
    int bytes = (int)mark;
    setsockopt(connection->fd, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof bytes);
    connection->low_water = mark;
}

static long collect(struct connection *connection) {
    long count = 0;
    struct mqtt_packet packet;
    mqtt_receive(connection->fd, &connection->inbox);
    while (mqtt_next(&connection->inbox, &packet)) {
        if ((packet.header & 0xf0) != MQTT_PUBACK) fail("unexpected packet type %02x", packet.header);
        count++;
    }
    if (count > (long)connection->unacknowledged) fail("the broker acknowledged more than was sent");
    connection->unacknowledged -= (unsigned)count;
    return count;
}

static void prepare_connection(int number) {
    struct connection *connection = &connections[number];
    char id[32];
    snprintf(id, sizeof id, "devices-%d", number);
    connection->fd = mqtt_connect(options.port, id, 4, 0);
    fcntl(connection->fd, F_SETFL, fcntl(connection->fd, F_GETFL) | O_NONBLOCK);
    connection->outbox = malloc(sizeof devices[0].packet * (size_t)options.window);
    connection->first_device = connection->next_device = number;
}

static void read_options(int count, char **arguments) {
    static const struct option names[] = {
        {"port", 1, 0, 'p'},   {"count", 1, 0, 'n'},  {"seconds", 1, 0, 's'}, {"connections", 1, 0, 'c'},
        {"devices", 1, 0, 'd'}, {"window", 1, 0, 'w'}, {"rate", 1, 0, 'r'},    {0}};
    for (int name; (name = getopt_long(count, arguments, "", names, NULL)) != -1;) {
        switch (name) {
            case 'p': options.port = atoi(optarg); break;
            case 'n': options.count = atol(optarg); break;
            case 's': options.seconds = atof(optarg); break;
            case 'c': options.connections = atoi(optarg); break;
            case 'd': options.devices = atoi(optarg); break;
            case 'w': options.window = atoi(optarg); break;
            case 'r': options.rate = atof(optarg); break;
            default: exit(64);
        }
    }
    if (options.count == 0 && options.seconds == 0) options.count = 100000;
    if (options.port == 0 || optind < count || options.connections < 1 || options.connections > CONNECTIONS_MAX ||
        options.devices < options.connections || options.devices > DEVICES_MAX || options.window < 1 ||
        options.window > 65535 || options.count / options.devices > 8000000) {
        fputs("publish --port N [--count N | --seconds S] [--connections C] [--devices D] [--window W] [--rate R]\n"
              "at most 64 connections, 1000 devices, a window of 65535, 8,000,000 messages per device\n", stderr);
        exit(64);
    }
}

// How many more messages may be sent now: the rest of the count, and what the rate allows.
static long allowance(long sent, double elapsed) {
    if (options.seconds > 0 && elapsed >= options.seconds) return 0;
    long rest = options.count > 0 ? options.count - sent : 1 << 30;
    if (options.rate <= 0) return rest;
    long due = (long)(options.rate * elapsed) + 1 - sent;
    return due < 0 ? 0 : due < rest ? due : rest;
}

static bool is_finished(long sent, long acknowledged, double elapsed) {
    bool all_sent = options.count > 0 && sent >= options.count;
    return acknowledged == sent && (all_sent || (options.seconds > 0 && elapsed >= options.seconds));
}

static void run(long *sent, long *acknowledged, int64_t start) {
    struct pollfd polls[CONNECTIONS_MAX];
    double elapsed = 0;
    while (!is_finished(*sent, *acknowledged, elapsed)) {
        for (int index = 0; index < options.connections; index++) {
            struct connection *connection = &connections[index];
            if (connection->out_end == 0) *sent += fill(connection, allowance(*sent, elapsed));
            if (connection->out_end > 0) flush(connection);
            set_low_water(connection);
            short wanted = connection->out_end > 0 ? POLLIN | POLLOUT : POLLIN;
            polls[index] = (struct pollfd){.fd = connection->fd, .events = wanted};
        }
        int timeout = options.rate > 0 ? 2 : 100;
        if (poll(polls, (nfds_t)options.connections, timeout) < 0 && errno != EINTR) fail("poll");
        for (int index = 0; index < options.connections; index++)
            if (polls[index].revents & (POLLIN | POLLERR | POLLHUP)) *acknowledged += collect(&connections[index]);
        elapsed = (double)(now_ns() - start) / 1e9;
    }
}

int main(int count, char **arguments) {
    read_options(count, arguments);
    for (int number = 0; number < options.devices; number++) prepare_device(&devices[number], number);
    for (int number = 0; number < options.connections; number++) prepare_connection(number);
    long sent = 0, acknowledged = 0;
    int64_t start = now_ns();
    run(&sent, &acknowledged, start);
    int64_t end = now_ns();
    double seconds = (double)(end - start) / 1e9;
    printf("{\"messages\": %ld, \"seconds\": %.6f, \"rate\": %.0f, \"cpu_seconds\": %.3f, "
           "\"first_ns\": %lld, \"last_ns\": %lld}\n",
           acknowledged, seconds, (double)acknowledged / seconds, cpu_seconds(), (long long)start, (long long)end);
    return 0;
}
