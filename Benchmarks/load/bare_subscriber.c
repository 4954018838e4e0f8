// What a subscriber costs at least: libmosquitto, its own loop, QoS 1, every message counted and dropped.
//
//     bare_subscriber --port N --topic FILTER --records COUNT [--receive-maximum 0] [--timeout 60]
//
// Without a Receive Maximum it speaks MQTT 3.1.1, as the library does unless told otherwise; with one, MQTT 5.
// Prints {"ready": true} when it is subscribed, and one line of JSON when COUNT messages have arrived, when nothing
// has arrived for the timeout (seconds), or at SIGTERM.
#include <errno.h>
#include <getopt.h>
#include <mosquitto.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mqtt.h"

static struct {
    int port, receive_maximum, timeout;
    const char *topic;
    long records;
} options = {.topic = "#", .timeout = 60};

static long messages, messages_at_alarm;
static long long first_ns, last_ns, payload_bytes;
static volatile sig_atomic_t is_stopping;
static int fd = -1;

static void on_connect(struct mosquitto *client, void *context, int code) {
    (void)context;
    if (code != 0) fail("the broker refused the connection");
    fd = mosquitto_socket(client);
    if (mosquitto_subscribe(client, NULL, options.topic, 1) != MOSQ_ERR_SUCCESS) fail("cannot subscribe");
}

static void on_subscribe(struct mosquitto *client, void *context, int id, int count, const int *granted) {
    (void)client, (void)context, (void)id;
    if (count != 1 || granted[0] != 1) fail("the broker did not grant QoS 1");
    puts("{\"ready\": true}");
    fflush(stdout);
}

static void on_message(struct mosquitto *client, void *context, const struct mosquitto_message *message) {
    (void)context;
    last_ns = now_ns();
    if (messages == 0) first_ns = last_ns;
    payload_bytes += message->payloadlen;
    if (++messages >= options.records) mosquitto_disconnect(client);
}

static void on_disconnect(struct mosquitto *client, void *context, int code) {
    (void)context, (void)code;
    if (is_stopping) mosquitto_disconnect(client);  // tells the library's loop not to connect again
}

static void stop(int signal) {
    if (signal == SIGALRM && messages > messages_at_alarm) {
        messages_at_alarm = messages;
        alarm((unsigned)options.timeout);
        return;
    }
    is_stopping = 1;
    shutdown(fd, SHUT_RDWR);  // the loop then sees the end of the stream
}

static void read_options(int count, char **arguments) {
    static const struct option names[] = {
        {"port", 1, 0, 'p'},    {"topic", 1, 0, 't'}, {"records", 1, 0, 'n'}, {"receive-maximum", 1, 0, 'm'},
        {"timeout", 1, 0, 's'}, {0}};
    for (int name; (name = getopt_long(count, arguments, "", names, NULL)) != -1;) {
        switch (name) {
            case 'p': options.port = atoi(optarg); break;
            case 't': options.topic = optarg; break;
            case 'n': options.records = atol(optarg); break;
            case 'm': options.receive_maximum = atoi(optarg); break;
            case 's': options.timeout = atoi(optarg); break;
            default: exit(64);
        }
    }
    if (options.port == 0 || options.records < 1 || optind < count) {
        fputs("bare_subscriber --port N --records COUNT [--topic FILTER] [--receive-maximum N] [--timeout SECONDS]\n",
              stderr);
        exit(64);
    }
}

int main(int count, char **arguments) {
    read_options(count, arguments);
    mosquitto_lib_init();
    struct mosquitto *client = mosquitto_new("bare-subscriber", true, NULL);
    if (client == NULL) fail("cannot make a client");
    if (options.receive_maximum > 0) {
        mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
        mosquitto_int_option(client, MOSQ_OPT_RECEIVE_MAXIMUM, options.receive_maximum);
    }
    mosquitto_connect_callback_set(client, on_connect);
    mosquitto_subscribe_callback_set(client, on_subscribe);
    mosquitto_message_callback_set(client, on_message);
    mosquitto_disconnect_callback_set(client, on_disconnect);
    if (mosquitto_connect(client, "127.0.0.1", options.port, 60) != MOSQ_ERR_SUCCESS)
        fail("cannot connect to 127.0.0.1:%d", options.port);
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGALRM, &action, NULL);
    alarm((unsigned)options.timeout);
    mosquitto_loop_forever(client, -1, 1);
    double seconds = (double)(last_ns - first_ns) / 1e9;
    printf("{\"records\": %ld, \"payload_bytes\": %lld, \"seconds\": %.6f, \"rate\": %.0f, \"cpu_seconds\": %.3f, "
           "\"first_ns\": %lld, \"last_ns\": %lld}\n",
           messages, payload_bytes, seconds, seconds > 0 ? (double)messages / seconds : 0, cpu_seconds(), first_ns,
           last_ns);
    mosquitto_destroy(client);
    mosquitto_lib_cleanup();
    return 0;
}
