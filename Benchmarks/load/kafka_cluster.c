/* A Kafka cluster in memory: librdkafka's mock brokers in a process of their own, told what to do through a file.
 *
 *   kafka_cluster BROKERS COMMANDS LOG
 *
 * COMMANDS is a file that is followed; LOG gets "ready HOST:PORT,..." and then one line for each command, "ok"
 * or what is wrong. The mock forgets old message sets of a partition beyond 5 MiB; it keeps nothing on disk.
 *
 *   topic NAME PARTITIONS REPLICAS     make a topic; without it a topic is made when it is asked for
 *   errors APIKEY CODE...              the next requests of that kind, at any broker, are answered with these codes
 *   delay BROKER APIKEY CODE MS COUNT  the next COUNT requests at that broker are answered after MS milliseconds
 *   clear APIKEY                       forget what was said with "errors"
 *   topic-error NAME CODE              metadata of a topic is answered with a code; 0 ends it
 *   leader NAME PARTITION BROKER       another broker leads a partition
 *   down BROKER, up BROKER             a broker goes, and comes back
 *   rtt BROKER MS                      every answer of a broker takes that long
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { words_max = 300 };

/* Stands before the C library's. Brokers answer without Nagle's delay; the mock forgets to, and then every second
 * answer on a connection waits 40 ms for the client's acknowledgement. */
int accept(int listener, struct sockaddr *address, socklen_t *length) {
    int connection = (int)syscall(SYS_accept4, listener, address, length, 0), on = 1;
    if (connection >= 0) setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return connection;
}

static rd_kafka_resp_err_t push(rd_kafka_mock_cluster_t *cluster, char **word, int count) {
    rd_kafka_resp_err_t codes[words_max];
    for (int i = 2; i < count; i++) codes[i - 2] = (rd_kafka_resp_err_t)atoi(word[i]);
    rd_kafka_mock_push_request_errors_array(cluster, (int16_t)atoi(word[1]), (size_t)(count - 2), codes);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t delay(rd_kafka_mock_cluster_t *cluster, char **word) {
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (int i = atoi(word[5]); i > 0 && code == RD_KAFKA_RESP_ERR_NO_ERROR; i--)
        code = rd_kafka_mock_broker_push_request_error_rtts(
            cluster, atoi(word[1]), (int16_t)atoi(word[2]), 1, atoi(word[3]), atoi(word[4]));
    return code;
}

static const char *obey(rd_kafka_mock_cluster_t *cluster, char *line) {
    char *word[words_max];
    int count = 0;
    for (char *next = strtok(line, " \n"); next && count < words_max; next = strtok(NULL, " \n")) word[count++] = next;
    if (count == 0) return "nothing asked";
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (!strcmp(word[0], "topic") && count == 4)
        code = rd_kafka_mock_topic_create(cluster, word[1], atoi(word[2]), atoi(word[3]));
    else if (!strcmp(word[0], "errors") && count > 2)
        code = push(cluster, word, count);
    else if (!strcmp(word[0], "delay") && count == 6)
        code = delay(cluster, word);
    else if (!strcmp(word[0], "clear") && count == 2)
        rd_kafka_mock_clear_request_errors(cluster, (int16_t)atoi(word[1]));
    else if (!strcmp(word[0], "topic-error") && count == 3)
        rd_kafka_mock_topic_set_error(cluster, word[1], (rd_kafka_resp_err_t)atoi(word[2]));
    else if (!strcmp(word[0], "leader") && count == 4)
        code = rd_kafka_mock_partition_set_leader(cluster, word[1], atoi(word[2]), atoi(word[3]));
    else if (!strcmp(word[0], "down") && count == 2)
        code = rd_kafka_mock_broker_set_down(cluster, atoi(word[1]));
    else if (!strcmp(word[0], "up") && count == 2)
        code = rd_kafka_mock_broker_set_up(cluster, atoi(word[1]));
    else if (!strcmp(word[0], "rtt") && count == 3)
        code = rd_kafka_mock_broker_set_rtt(cluster, atoi(word[1]), atoi(word[2]));
    else
        return "unknown command";
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? "ok" : rd_kafka_err2str(code);
}

static void ignore_log(const rd_kafka_t *handle, int level, const char *facility, const char *text) {
    (void)handle, (void)level, (void)facility, (void)text;
}

int main(int count, char **argument) {
    if (count != 4) {
        fprintf(stderr, "usage: kafka_cluster BROKERS COMMANDS LOG\n");
        return 64;
    }
    pid_t parent = getppid();
    FILE *commands = fopen(argument[2], "r");
    FILE *log = fopen(argument[3], "w");
    if (!commands || !log) {
        fprintf(stderr, "cannot open %s or %s: %s\n", argument[2], argument[3], strerror(errno));
        return 66;
    }
    char error[256];
    rd_kafka_conf_t *settings = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(settings, ignore_log);
    rd_kafka_t *handle = rd_kafka_new(RD_KAFKA_PRODUCER, settings, error, sizeof error);
    rd_kafka_mock_cluster_t *cluster = handle ? rd_kafka_mock_cluster_new(handle, atoi(argument[1])) : NULL;
    if (!cluster) {
        fprintf(stderr, "there is no mock cluster to be had\n");
        return 70;
    }
    fprintf(log, "ready %s\n", rd_kafka_mock_cluster_bootstraps(cluster));
    fflush(log);
    char line[8192];
    size_t length = 0;
    for (;;) {
        int byte = fgetc(commands);
        if (byte == EOF) {
            /* The file may grow; whoever has started the cluster takes it along. */
            clearerr(commands);
            if (getppid() != parent) return 0;
            nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
            continue;
        }
        if (length < sizeof line - 1) line[length++] = (char)byte;
        if (byte != '\n') continue;
        line[length] = 0;
        length = 0;
        fprintf(log, "%s\n", obey(cluster, line));
        fflush(log);
    }
}
