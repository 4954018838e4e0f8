#include "CPage.h"

// #embed is C23; clang has it in every language mode, and tracks the files.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char index_html[] = {
#embed "page/index.html"
};
static const unsigned char icon_svg[] = {
#embed "page/icon.svg"
};
static const unsigned char style_css[] = {
#embed "page/style.css"
};
static const unsigned char charts_js[] = {
#embed "page/charts.js"
};
static const unsigned char devices_js[] = {
#embed "page/devices.js"
};
static const unsigned char dom_js[] = {
#embed "page/dom.js"
};
static const unsigned char feed_js[] = {
#embed "page/feed.js"
};
static const unsigned char flow_js[] = {
#embed "page/flow.js"
};
static const unsigned char log_js[] = {
#embed "page/log.js"
};
static const unsigned char main_js[] = {
#embed "page/main.js"
};
static const unsigned char overview_js[] = {
#embed "page/overview.js"
};
static const unsigned char sources_js[] = {
#embed "page/sources.js"
};
static const unsigned char uplinks_js[] = {
#embed "page/uplinks.js"
};
static const unsigned char words_js[] = {
#embed "page/words.js"
};

#define SCRIPT(name) {"/page/" #name ".js", "text/javascript; charset=utf-8", name##_js, sizeof name##_js}

static const page_file files[] = {
    {"/", "text/html; charset=utf-8", index_html, sizeof index_html},
    {"/page/icon.svg", "image/svg+xml", icon_svg, sizeof icon_svg},
    {"/page/style.css", "text/css; charset=utf-8", style_css, sizeof style_css},
    SCRIPT(charts),
    SCRIPT(devices),
    SCRIPT(dom),
    SCRIPT(feed),
    SCRIPT(flow),
    SCRIPT(log),
    SCRIPT(main),
    SCRIPT(overview),
    SCRIPT(sources),
    SCRIPT(uplinks),
    SCRIPT(words),
};

size_t page_file_count(void) { return sizeof files / sizeof files[0]; }

page_file page_file_at(size_t index) { return files[index]; }
