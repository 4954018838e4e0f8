// The files of the page that the admin server shows, as they are in the program.
#pragma once
#include <stddef.h>

typedef struct {
    // Where a browser asks for it.
    const char *path;
    const char *content_type;
    const unsigned char *bytes;
    size_t size;
} page_file;

size_t page_file_count(void);

// index < page_file_count()
page_file page_file_at(size_t index);
