# JobPing.  `make help` lists what can be asked for.

PREFIX ?= /usr/local
DESTDIR ?=
BUILD ?= build
CC ?= cc
# POSTGRES=0 builds without PostgreSQL.
POSTGRES ?= 1

# What building needs, and what the tests need besides (Debian's names).
BUILD_DEPS = gcc libc6-dev pkg-config libglib2.0-dev libsqlite3-dev libcurl4-openssl-dev \
	libcjson-dev libyaml-dev libxml2-dev libgmime-3.0-dev libstemmer-dev libdeflate-dev \
	$(if $(filter 0,$(POSTGRES)),,libpq-dev)
CHECK_DEPS = perl sqlite3 jq libxml2-utils nginx-light curl openssl python3 mandoc procps \
	strace tzdata iproute2 postgresql-15 pgbouncer
BENCH_DEPS = beanstalkd wget2 libnginx-mod-http-echo
LINT_DEPS = clang clang-tidy clang-format cppcheck shellcheck libclang-rt-14-dev

PKGS = glib-2.0 sqlite3 libcurl libcjson yaml-0.1 libxml-2.0 gmime-3.0 libdeflate
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null | sed 's/-I/-isystem /g')
PKG_LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lstemmer -lm

OPT ?= -O2 -g
WARN = -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wwrite-strings -Wvla -Wformat=2
HARDEN = -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection -fPIE
EXTRA_CFLAGS =
EXTRA_LDFLAGS =
ALL_CPPFLAGS = -D_GNU_SOURCE -Ilib -I$(BUILD)/gen -DCURL_DISABLE_DEPRECATION $(CPPFLAGS)
ALL_CFLAGS = -std=gnu11 $(OPT) $(WARN) $(HARDEN) $(PKG_CFLAGS) $(POSTGRES_CFLAGS) $(EXTRA_CFLAGS) $(CFLAGS)
# --as-needed: a program is linked with what it uses and nothing else.
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(EXTRA_LDFLAGS) $(LDFLAGS)

LIB_SRC := $(sort $(wildcard lib/*/*.c))
# libpq's headers alone: the library is loaded when a program opens a postgresql:// URL.
ifeq ($(POSTGRES),0)
LIB_SRC := $(filter-out lib/db/pq.c lib/db/postgres%,$(LIB_SRC))
POSTGRES_CFLAGS = -DJP_NO_POSTGRES
else
POSTGRES_CFLAGS := $(shell pkg-config --cflags libpq 2>/dev/null | sed 's/-I/-isystem /g')
POSTGRES_LIBS := $(shell pkg-config --libs libpq 2>/dev/null)# for tests, which ask past the library
endif
BIN_SRC := $(sort $(wildcard bin/*.c))
UNIT_SRC := $(sort $(wildcard t/unit/*.c))
FUZZ_SRC := $(filter-out t/fuzz/replay.c,$(sort $(wildcard t/fuzz/*.c)))
BENCH_SRC := $(sort $(wildcard t/bench/*.c))
PRELOAD_SRC := $(sort $(wildcard t/preload/*.c))
SQL := $(sort $(wildcard sql/*.sql))
SQLGEN := $(sort $(wildcard sql/*.c))
# Text that programs carry: mail templates, skill names.
EMBED := $(sort $(wildcard lib/*/*.mustache lib/*/*.tsv))

LIB_OBJ = $(LIB_SRC:%.c=$(BUILD)/%.o) $(BUILD)/gen/sql.o $(BUILD)/gen/embed.o
PROGRAMS = $(BIN_SRC:bin/%.c=$(BUILD)/bin/%)
UNITS = $(UNIT_SRC:t/unit/%.c=$(BUILD)/t/unit/%)
FUZZERS = $(FUZZ_SRC:t/fuzz/%.c=$(BUILD)/t/fuzz/%)
BENCHES = $(BENCH_SRC:t/bench/%.c=$(BUILD)/t/bench/%)
PRELOADS = $(PRELOAD_SRC:t/preload/%.c=$(BUILD)/t/preload/%.so)

.PHONY: all help deps deps-check deps-lint demo check check-run soak asan fuzz lint format bench \
	install clean tests
.DELETE_ON_ERROR:
.SECONDARY:

all: $(PROGRAMS)

help:
	@echo 'make demo         set up, build, and run a whole site on made-up boards, mails into build/demo'
	@echo 'make demo LIVE=1  the same on a few real boards; wants JP_SITE_CONTACT, who asks them'
	@echo 'make check        set up, build, run the tests (soak: the same with thousands of seeds)'
	@echo 'make              build the programs into build/bin'
	@echo 'make install      into $$(DESTDIR)$$(PREFIX), programs and manuals'
	@echo 'make lint asan fuzz bench format clean deps deps-check'

# ---- dependencies ----------------------------------------------------------------------------------

# $(call need,packages): installs those that are missing, or prints the list where there is no apt.
# No service is started, and PostgreSQL's package makes no cluster.
define need
	@missing=; for p in $(1); do \
		dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; \
	done; \
	[ -z "$$missing" ] && exit 0; \
	if ! command -v apt-get >/dev/null 2>&1; then \
		echo "please install what stands for these Debian packages:$$missing" >&2; exit 1; \
	fi; \
	echo "installing:$$missing"; \
	sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	printf '#!/bin/sh\nexit 101\n' >/tmp/jp-policy.$$$$ && chmod 755 /tmp/jp-policy.$$$$; \
	started=no; \
	if [ ! -e /usr/sbin/policy-rc.d ]; then $$sudo cp /tmp/jp-policy.$$$$ /usr/sbin/policy-rc.d && started=yes; fi; \
	rm -f /tmp/jp-policy.$$$$; \
	cluster=/etc/postgresql-common/createcluster.d/jobping.conf; \
	case $$missing in *postgresql*) \
		$$sudo mkdir -p $${cluster%/*} && echo 'create_main_cluster = false' | $$sudo tee $$cluster >/dev/null;; \
	esac; \
	$$sudo apt-get update -qq && \
	$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	status=$$?; \
	[ $$started = no ] || $$sudo rm -f /usr/sbin/policy-rc.d; \
	[ ! -e $$cluster ] || $$sudo rm -f $$cluster; \
	exit $$status
endef

deps:
	$(call need,$(BUILD_DEPS))

deps-check: deps
	$(call need,$(CHECK_DEPS))

deps-lint: deps-check
	$(call need,$(LINT_DEPS))

# ---- building --------------------------------------------------------------------------------------

$(BUILD)/sqlgen: $(SQLGEN) sql/sqlgen.h
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O1 -g -Wall -Wextra -Werror $(SQLGEN) -lsqlite3 -o $@

# sqlgen leaves a file alone whose contents would stay the same, so that a change inside one
# statement rebuilds one object; the stamp tells make that it ran.
$(BUILD)/gen/sql.stamp: $(BUILD)/sqlgen $(SQL)
	@mkdir -p $(@D)
	$(BUILD)/sqlgen -o $(@D) $(SQL)
	@touch $@
$(BUILD)/gen/sql.h $(BUILD)/gen/sql.c: $(BUILD)/gen/sql.stamp ;

# Each embedded file becomes an array and an entry in the table jp_embedded[].
$(BUILD)/gen/embed.c: $(EMBED) lib/embed.sh
	@mkdir -p $(@D)
	sh lib/embed.sh $(EMBED) >$@.tmp && mv $@.tmp $@

$(BUILD)/gen/%.o: $(BUILD)/gen/%.c $(BUILD)/gen/sql.h
	$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/%.o: %.c | $(BUILD)/gen/sql.h
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/libjp.a: $(LIB_OBJ)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/bin/%: $(BUILD)/bin/%.o $(BUILD)/libjp.a
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $^ $(PKG_LIBS) -o $@

$(BUILD)/t/unit/%: $(BUILD)/t/unit/%.o $(BUILD)/libjp.a
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $^ $(PKG_LIBS) $(POSTGRES_LIBS) -o $@

$(BUILD)/t/bench/%: $(BUILD)/t/bench/%.o $(BUILD)/libjp.a
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $^ $(PKG_LIBS) $(POSTGRES_LIBS) -o $@

# Without a fuzzer the same target replays its corpus.
$(BUILD)/t/fuzz/%: $(BUILD)/t/fuzz/%.o $(FUZZ_MAIN) $(BUILD)/libjp.a
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $^ $(PKG_LIBS) $(FUZZ_LIB) -o $@
FUZZ_MAIN = $(BUILD)/t/fuzz/replay.o
$(FUZZERS): $(FUZZ_MAIN)

$(BUILD)/t/preload/%.so: t/preload/%.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O1 -g -Wall -Wextra -Werror -fPIC -shared -D_GNU_SOURCE $< -ldl -o $@

-include $(LIB_OBJ:.o=.d) $(BIN_SRC:%.c=$(BUILD)/%.d) $(UNIT_SRC:%.c=$(BUILD)/%.d) \
	$(FUZZ_SRC:%.c=$(BUILD)/%.d) $(BUILD)/t/fuzz/replay.d $(BENCH_SRC:%.c=$(BUILD)/%.d)

# ---- running it --------------------------------------------------------------------------------------

# How many compilers, and how many tests, at once.
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
BUILDING = $(MAKE) --no-print-directory -s -j$(JOBS)

demo: deps
	@$(BUILDING) all
	@BUILD=$(BUILD) LIVE=$(LIVE) sh examples/demo/run

# ---- tests -------------------------------------------------------------------------------------------

TESTS ?= $(sort $(wildcard t/*.t)) $(UNITS) $(FUZZERS)
ENGINES ?= sqlite postgres pgbouncer

tests: $(PROGRAMS) $(UNITS) $(FUZZERS) $(PRELOADS)

check: deps-check
	@$(MAKE) --no-print-directory check-run

# What `check` does once everything is installed.  TESTS="t/jp-mail.t" runs only those, and
# ENGINES=postgres only on that.
check-run:
	@$(BUILDING) tests
	@BUILD=$(BUILD) JOBS=$(JOBS) ENGINES="$(ENGINES)" sh t/check $(TESTS)

soak: deps-check
	@$(MAKE) --no-print-directory check-run JP_SOAK=1

# Not exported when empty: tests ask whether it is set.
ifdef JP_SOAK
export JP_SOAK
endif

SANITIZE = -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined
asan: deps-check
	@ASAN_OPTIONS=exitcode=99:detect_leaks=1 UBSAN_OPTIONS=exitcode=99:print_stacktrace=1 \
	G_SLICE=always-malloc JP_ASAN=1 \
	$(MAKE) --no-print-directory check-run ENGINES='sqlite postgres' BUILD=$(BUILD)/asan OPT='-O1 -g' \
		HARDEN=-fPIE EXTRA_CFLAGS='$(SANITIZE)' EXTRA_LDFLAGS='$(SANITIZE)'

# One target for a while: make fuzz FUZZ=html FUZZ_TIME=600; without FUZZ each of them.
FUZZ ?= $(FUZZ_SRC:t/fuzz/%.c=%)
FUZZ_TIME ?= 60
fuzz: deps-lint
	@for f in $(FUZZ); do \
		$(MAKE) --no-print-directory BUILD=$(BUILD)/fuzz CC=clang OPT='-O1 -g' HARDEN=-fPIE \
			FUZZ_MAIN= FUZZ_LIB=-fsanitize=fuzzer \
			EXTRA_CFLAGS='$(SANITIZE) -fsanitize=fuzzer-no-link' EXTRA_LDFLAGS='$(SANITIZE)' \
			$(BUILD)/fuzz/t/fuzz/$$f && \
		mkdir -p $(BUILD)/fuzz/corpus/$$f t/fuzz/corpus/$$f && \
		$(BUILD)/fuzz/t/fuzz/$$f -max_total_time=$(FUZZ_TIME) -timeout=10 -rss_limit_mb=2048 \
			-artifact_prefix=$(BUILD)/fuzz/ $(BUILD)/fuzz/corpus/$$f t/fuzz/corpus/$$f || exit 1; \
	done

lint: deps-lint
	@$(MAKE) --no-print-directory -s $(BUILD)/gen/sql.h
	@JOBS=$(JOBS) CFLAGS='$(ALL_CPPFLAGS) -std=gnu11 $(PKG_CFLAGS) $(POSTGRES_CFLAGS)' sh t/lint

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

bench: deps-check
	$(call need,$(BENCH_DEPS))
	@$(BUILDING) all $(BENCHES) $(PRELOADS)
	@BUILD=$(BUILD) sh t/bench/run

# ---- installing ----------------------------------------------------------------------------------------

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 \
		$(DESTDIR)$(PREFIX)/share/man/man5 $(DESTDIR)$(PREFIX)/share/man/man7 \
		$(DESTDIR)$(PREFIX)/share/doc/jobping/examples
	install -m 755 $(PROGRAMS) $(DESTDIR)$(PREFIX)/bin
	for n in 1 5 7; do install -m 644 man/*.$$n $(DESTDIR)$(PREFIX)/share/man/man$$n || exit 1; done
	cp -R examples/. $(DESTDIR)$(PREFIX)/share/doc/jobping/examples
	install -d $(DESTDIR)$(PREFIX)/share/doc/jobping/examples/templates
	install -m 644 lib/mail/*.mustache $(DESTDIR)$(PREFIX)/share/doc/jobping/examples/templates
	install -m 644 README $(DESTDIR)$(PREFIX)/share/doc/jobping

clean:
	rm -rf build
