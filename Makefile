# Millrace's commands. `make` alone lists them.

PREFIX     ?= /usr/local
SYSCONFDIR ?= /etc
DESTDIR    ?=
# How long each fuzzer runs
MINUTES    ?= 10
# Words for the demonstration, or for the benchmarks: make demo ARGS="--duration 60s --headless"
ARGS       ?=

BINARY   := .build/millrace
# What a program takes of memory is for the most part pages of its file. So nothing is exported, that what is unused may
# be left out; relocations are packed; and what is constant is in no page that can be written. Gold, which Swift takes
# by itself, does none of the last two.
LAYOUT   := $(CURDIR)/.build/program.ld
RELEASE  := swift build -c release --static-swift-stdlib -Xswiftc -use-ld=bfd $(addprefix -Xlinker ,\
            --no-export-dynamic -z pack-relative-relocs -z relro -z now -T $(LAYOUT))
SWIFTS   := Package.swift Sources Tests
MAN_PAGE := docs/man/millrace.1

# What each command needs from the distribution, by Debian's names.
TO_BUILD := gcc g++ binutils ca-certificates git pkg-config libmosquitto-dev librdkafka-dev libsqlite3-dev libzstd-dev \
            zlib1g-dev
TO_DEMO  := mosquitto
TO_PACK  := dpkg-dev debhelper fakeroot lintian
TO_TEST  := debootstrap systemd mosquitto mosquitto-clients nats-server rabbitmq-server kcat prometheus openssl strace \
            socat faketime e2fsprogs util-linux iproute2 procps python3 python3-venv nginx-light zstd chromium \
            fonts-dejavu-core

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test check format build bench soak fuzz install deb clean toolchain to-build to-demo to-test tidy lint

help:
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: to-demo build ## Sensors, gateway, two brokers and an outage, all on this machine
	@exec $(BINARY) demo $(ARGS)

test: to-test lint deb ## Build with warnings as errors, check the house rules, run all tests
	swift test --no-parallel

check: toolchain lint tidy ## What takes seconds: format, house rules, links, man page

format: toolchain ## Bring the sources into the house's format
	swift format -i --recursive --parallel $(SWIFTS)

build: to-build $(LAYOUT) ## The release binary, static in the Swift library: .build/millrace
	$(RELEASE) --product millrace
	@! nm .build/release/millrace | grep 'swift_uloc_' > /dev/null || \
	  { echo 'ICU is linked, 45 MB of it: some file imports Foundation, or calls what only Foundation has'; exit 1; }
	@strip -o $(BINARY).new .build/release/millrace && mv -f $(BINARY).new $(BINARY)
	@printf '%s: %s bytes\n' $(BINARY) "$$(stat -c %s $(BINARY))"

bench: to-test build ## Measure everything, and write the tables into Benchmarks/README.md; or make bench ARGS="append"
	$(RELEASE) --product millrace-bench
	python3 Benchmarks/run.py $(or $(ARGS),--write-readme)

soak: to-test ## Kill the agent 1,000 times and compare every record; takes an hour or more
	MILLRACE_SOAK=1000 swift test --filter IntegrationTests

fuzz: to-build ## Let libFuzzer try to break framing and decoding, MINUTES (10) each
	swift build -c release --sanitize=fuzzer -Xswiftc -DFUZZING --product millrace-fuzz --scratch-path .build/fuzz
	@for target in framing decoding; do \
	  corpus=.build/fuzz/corpus/$$target; mkdir -p $$corpus .build/fuzz/found; \
	  echo "fuzzing $$target for $(MINUTES) minutes; what breaks it is kept in .build/fuzz/found"; \
	  SWIFT_BACKTRACE=enable=no MILLRACE_FUZZ=$$target MILLRACE_FUZZ_SEEDS=$$corpus .build/fuzz/release/millrace-fuzz $$corpus \
	    -max_total_time=$$(( $(MINUTES) * 60 )) -rss_limit_mb=512 -max_len=8192 -timeout=10 -print_final_stats=1 \
	    -artifact_prefix=.build/fuzz/found/$$target- 2>&1 | grep -v 'NEW \|REDUCE\|pulse' || exit 1; \
	done

install: $(BINARY) ## Install under PREFIX (/usr/local); DESTDIR for packagers; keeps a configuration
	install -D -m 755 $(BINARY) '$(DESTDIR)$(PREFIX)/bin/millrace'
	install -D -m 644 $(MAN_PAGE) '$(DESTDIR)$(PREFIX)/share/man/man1/millrace.1'
	install -D -m 644 systemd/millrace.toml '$(DESTDIR)$(PREFIX)/share/doc/millrace/examples/millrace.toml'
	install -m 644 docs/*.md '$(DESTDIR)$(PREFIX)/share/doc/millrace'
	install -D -m 644 -t '$(DESTDIR)$(PREFIX)/share/doc/millrace/monitoring' docs/monitoring/*
	install -d '$(DESTDIR)$(PREFIX)/share/millrace/devices'
	install -m 644 devices/* '$(DESTDIR)$(PREFIX)/share/millrace/devices'
	@for shell in bash/completions/millrace zsh/vendor-completions/_millrace fish/vendor_completions.d/millrace.fish; do \
	  folder=$${shell%%/*}; target='$(DESTDIR)$(PREFIX)/share/'"$${shell/#bash/bash-completion}"; \
	  mkdir -p "$${target%/*}" && $(BINARY) --generate-completion-script "$$folder" | sed '1{/^#!/d}' > "$$target"; done
	@config='$(DESTDIR)$(SYSCONFDIR)/millrace/millrace.toml'; \
	if [ -e "$$config" ]; then echo "kept $$config"; else \
	  install -D -m 640 systemd/millrace.toml "$$config" && echo "wrote $$config: edit it before the first start"; fi

deb: to-pack build ## The Debian package: .build/millrace_VERSION_ARCHITECTURE.deb, checked by lintian
	@systemd/debian/build.sh $(BINARY)

clean: ## Remove what was built; fetched packages stay
	rm -rf .build/tidy $(BINARY) .build/debug .build/release .build/*-linux-gnu

# Swift marks its tables of types among the constants as writable, though nothing writes to them; by the linker's own
# script all constants would be writable then.
$(LAYOUT): Makefile
	@mkdir -p $(@D)
	@ld.bfd -pie -z relro -z now --verbose | sed -n '/^=====/,/^=====/{/^=====/d;s/^  \.rodata  *:/  .rodata (READONLY) :/;p}' > $@

# Not built again when it is there, so that `sudo make install` needs no toolchain.
$(BINARY):
	$(MAKE) build

toolchain:
	@command -v swift >/dev/null || { echo 'Swift 6.2 or newer is needed: https://www.swift.org/install/linux/' >&2; exit 1; }

to-build: toolchain
	@.ci/packages $(TO_BUILD)

to-demo: toolchain
	@.ci/packages $(TO_BUILD) $(TO_DEMO)

to-test: toolchain
	@.ci/packages $(TO_BUILD) $(TO_TEST)
	@.ci/python

to-pack: toolchain
	@.ci/packages $(TO_BUILD) $(TO_PACK)

lint: toolchain
	swift format lint --strict --recursive --parallel $(SWIFTS)
	@if command -v mandoc >/dev/null; then mandoc -Tlint -Wwarning $(MAN_PAGE); \
	elif command -v groff >/dev/null; then \
	  complaints=$$(groff -mandoc -Tutf8 -ww -z $(MAN_PAGE) 2>&1); [ -z "$$complaints" ] || { echo "$$complaints"; exit 1; }; \
	else echo 'the man page is not checked: neither mandoc nor groff is here'; fi

# The house rules as a package of their own: seconds, where the whole test product takes minutes.
tidy: toolchain
	@mkdir -p .build/tidy && ln -sfn ../../Tests/TidyTests .build/tidy/TidyTests
	@printf '%s\n' '// swift-tools-version: 6.2' 'import PackageDescription' \
	  'let package = Package(name: "tidy", targets: [.testTarget(name: "TidyTests", path: "TidyTests")])' \
	  > .build/tidy/Package.swift
	swift test --quiet --package-path .build/tidy
