// The centre's consumer: counts what arrives, and checks it. Reads messages of one reading each, JSON batches of
// CloudEvents, and the same compressed with zstd; finds the device's own counter in each reading.
//
//     sink --port N --topic FILTER --records COUNT [--timeout 60] [--linger 0.3]
//
// Prints {"ready": true} when it is subscribed, and one line of JSON when COUNT different readings have arrived, when
// nothing has arrived for the timeout (seconds), or at SIGTERM.
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zstd.h>

#include "mqtt.h"

enum { DEVICES = 1000, FIRST_COUNTER = 1000001, VERSION = 5, WIRE_WINDOW = 65535, ACK_BYTES = 1 << 18 };

static struct {
    int port;
    const char *topic;
    long records;
    double timeout, linger;
} options = {.topic = "#", .timeout = 60, .linger = 0.3};

/// What one device has delivered: a bit per reading, and the highest counter so far.
static struct device {
    uint8_t *seen;
    size_t capacity;  // readings that `seen` has room for
    unsigned highest;
} devices[DEVICES];

static struct {
    long messages, records, duplicates, out_of_order, unreadable;
    long long payload_bytes, first_ns, last_ns;
} totals;

static volatile sig_atomic_t is_stopping;

static void stop(int signal) {
    (void)signal;
    is_stopping = 1;
}

static void take_record(unsigned number, unsigned counter) {
    struct device *device = &devices[number];
    size_t index = counter - FIRST_COUNTER;
    if (index >= device->capacity) {
        size_t capacity = (index + 1) * 2 < 1 << 16 ? 1 << 16 : (index + 1) * 2;
        device->seen = realloc(device->seen, capacity / 8);
        if (device->seen == NULL) fail("no memory for the marks of %zu readings", capacity);
        memset(device->seen + device->capacity / 8, 0, capacity / 8 - device->capacity / 8);
        device->capacity = capacity &= ~(size_t)7;
    }
    uint8_t bit = (uint8_t)(1 << (index & 7));
    if (device->seen[index >> 3] & bit) {
        totals.duplicates++;
        return;
    }
    device->seen[index >> 3] |= bit;
    if (counter < device->highest) totals.out_of_order++;
    else device->highest = counter;
    totals.records++;
}

static const uint8_t *skip(const uint8_t *next, const uint8_t *end, const char *characters) {
    while (next < end && *next != 0 && strchr(characters, *next) != NULL) next++;
    return next;
}

static const uint8_t *read_number(const uint8_t *next, const uint8_t *end, unsigned *number) {
    for (*number = 0; next < end && *next >= '0' && *next <= '9'; next++) *number = 10 * *number + (*next - '0');
    return next;
}

// A reading begins with "press-DDD","n":DDDDDDD; inside a JSON string each quote has a backslash before it.
static long scan(const uint8_t *next, const uint8_t *end) {
    long count = 0;
    while ((next = memmem(next, (size_t)(end - next), "\"press-", 7)) != NULL) {
        unsigned number, counter;
        next = read_number(next + 7, end, &number);
        const uint8_t *name = skip(next, end, "\\\", ");
        if (name == end || *name != 'n') continue;
        const uint8_t *digits = skip(name + 1, end, "\\\": ");
        next = read_number(digits, end, &counter);
        if (next == digits || counter < FIRST_COUNTER || counter > 9999999 || number >= DEVICES) continue;
        take_record(number, counter);
        count++;
    }
    return count;
}

// Decodes base64 up to the first character that does not belong to it; the number of bytes.
static size_t decode_base64(const uint8_t *text, const uint8_t *end, uint8_t *target, size_t limit) {
    static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static int8_t values[256];
    if (values['B'] == 0)
        for (int index = 0; index < 256; index++) {
            const char *found = index == 0 ? NULL : strchr(ALPHABET, index);
            values[index] = (int8_t)(found == NULL ? -1 : found - ALPHABET);
        }
    uint32_t bits = 0;
    size_t count = 0;
    for (unsigned held = 0; text < end && values[*text] >= 0 && count < limit; text++) {
        bits = bits << 6 | (uint32_t)values[*text];
        if ((held += 6) >= 8) target[count++] = (uint8_t)(bits >> (held -= 8));
    }
    return count;
}

static long scan_base64(const uint8_t *next, const uint8_t *end) {
    static const char KEY[] = "\"data_base64\":\"";
    uint8_t reading[4096];
    long count = 0;
    while ((next = memmem(next, (size_t)(end - next), KEY, sizeof KEY - 1)) != NULL) {
        next += sizeof KEY - 1;
        size_t size = decode_base64(next, end, reading, sizeof reading);
        count += scan(reading, reading + size);
    }
    return count;
}

static void take_payload(const uint8_t *payload, size_t size) {
    static ZSTD_DCtx *context;
    static uint8_t *plain;
    static size_t capacity;
    totals.messages++;
    totals.payload_bytes += (long long)size;
    if (size >= 4 && memcmp(payload, "\x28\xb5\x2f\xfd", 4) == 0) {
        if (context == NULL) context = ZSTD_createDCtx();
        unsigned long long plain_size = ZSTD_getFrameContentSize(payload, size);
        if (plain_size >= ZSTD_CONTENTSIZE_ERROR) plain_size = 64 << 20;
        if (plain_size > capacity && (plain = realloc(plain, capacity = plain_size)) == NULL) fail("no memory");
        size_t count = ZSTD_decompressDCtx(context, plain, capacity, payload, size);
        if (ZSTD_isError(count)) {
            totals.unreadable++;
            return;
        }
        payload = plain;
        size = count;
    }
    if (scan(payload, payload + size) == 0 && scan_base64(payload, payload + size) == 0) totals.unreadable++;
}

// Takes all whole messages out of the inbox and acknowledges them in one write.
static void take_messages(int fd, struct mqtt_inbox *inbox) {
    static uint8_t acknowledgements[ACK_BYTES];
    size_t size = 0;
    struct mqtt_packet packet;
    while (mqtt_next(inbox, &packet)) {
        if ((packet.header & 0xf0) != MQTT_PUBLISH) continue;
        struct mqtt_publish publish = mqtt_parse_publish(&packet, VERSION);
        take_payload(publish.payload, publish.payload_size);
        if (publish.qos == 0) continue;
        uint8_t answer[] = {MQTT_PUBACK, 2, (uint8_t)(publish.id >> 8), (uint8_t)publish.id};
        memcpy(acknowledgements + size, answer, sizeof answer);
        size += sizeof answer;
        if (size == ACK_BYTES) {
            write_all(fd, acknowledgements, size);
            size = 0;
        }
    }
    if (size > 0) write_all(fd, acknowledgements, size);
}

static void receive(int fd, struct mqtt_inbox *inbox) {
    int64_t last_activity = now_ns();
    while (!is_stopping) {
        bool is_complete = totals.records >= options.records;
        double patience = is_complete ? options.linger : options.timeout;
        double rest = patience - (double)(now_ns() - last_activity) / 1e9;
        if (rest <= 0) break;
        struct pollfd readable = {.fd = fd, .events = POLLIN};
        if (poll(&readable, 1, (int)(rest * 1000) + 1) <= 0) continue;
        size_t count = mqtt_receive(fd, inbox);
        int64_t now = now_ns();
        long before = totals.records;
        take_messages(fd, inbox);
        if (totals.records > before) {
            if (totals.first_ns == 0) totals.first_ns = now;
            totals.last_ns = now;
        }
        last_activity = now;
        // To be woken for every message costs more than to read it: let a few more arrive.
        if (count < 16384) nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
    }
}

static void read_options(int count, char **arguments) {
    static const struct option names[] = {{"port", 1, 0, 'p'},    {"topic", 1, 0, 't'},  {"records", 1, 0, 'n'},
                                          {"timeout", 1, 0, 's'}, {"linger", 1, 0, 'l'}, {0}};
    for (int name; (name = getopt_long(count, arguments, "", names, NULL)) != -1;) {
        switch (name) {
            case 'p': options.port = atoi(optarg); break;
            case 't': options.topic = optarg; break;
            case 'n': options.records = atol(optarg); break;
            case 's': options.timeout = atof(optarg); break;
            case 'l': options.linger = atof(optarg); break;
            default: exit(64);
        }
    }
    if (options.port == 0 || options.records < 1 || optind < count) {
        fputs("sink --port N --records COUNT [--topic FILTER] [--timeout SECONDS] [--linger SECONDS]\n", stderr);
        exit(64);
    }
}

int main(int count, char **arguments) {
    read_options(count, arguments);
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    int fd = mqtt_connect(options.port, "sink", VERSION, WIRE_WINDOW);
    struct mqtt_inbox inbox = {0};
    mqtt_subscribe(fd, &inbox, options.topic, VERSION);
    puts("{\"ready\": true}");
    fflush(stdout);
    receive(fd, &inbox);
    double seconds = (double)(totals.last_ns - totals.first_ns) / 1e9;
    printf("{\"records\": %ld, \"missing\": %ld, \"duplicates\": %ld, \"out_of_order\": %ld, \"unreadable\": %ld, "
           "\"messages\": %ld, \"payload_bytes\": %lld, \"seconds\": %.6f, \"rate\": %.0f, \"cpu_seconds\": %.3f, "
           "\"first_ns\": %lld, \"last_ns\": %lld}\n",
           totals.records, options.records > totals.records ? options.records - totals.records : 0, totals.duplicates,
           totals.out_of_order, totals.unreadable, totals.messages, totals.payload_bytes, seconds,
           seconds > 0 ? (double)totals.records / seconds : 0, cpu_seconds(), totals.first_ns, totals.last_ns);
    return 0;
}
