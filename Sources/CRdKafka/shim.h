#include <sys/types.h>
#include <librdkafka/rdkafka.h>
