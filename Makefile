# Slipway.  `make` builds build/slipway; `make help` lists the rest.
# One tree per variant under build/: release (default), asan, tsan, cov, fuzz.

VARIANT ?= release
V       ?= 0
Q       := $(if $(filter 0,$(V)),@,)
say      = @$(if $(filter 0,$(V)),printf '  %-6s %s\n' '$(1)' '$(patsubst build/%,%,$@)',:)
B       := build/$(VARIANT)
LAYERS  := $(shell sed '/^\#/d' src/LAYERS)
SRC     := $(foreach l,$(LAYERS),$(wildcard src/$(l)/*.c))
MAIN    := src/cmd/main.c
OBJ     := $(SRC:%.c=$(B)/%.o)
LIBOBJ  := $(filter-out $(MAIN:%.c=$(B)/%.o),$(OBJ))
UNITS   := $(wildcard tests/unit/test_*.c)
FUZZ    := $(wildcard tests/fuzz/fuzz_*.c)
TESTS   := $(UNITS:tests/%.c=$(B)/%)
FUZZERS := $(FUZZ:tests/%.c=$(B)/%)
REPLAYS := $(FUZZ:tests/fuzz/%.c=$(B)/replay/%)
ALLC    := $(SRC) $(UNITS) $(FUZZ) $(wildcard tests/*/*_main.c)

PREFIX  ?= /usr/local
VERSION := $(shell cat VERSION)
PKGS    := yaml-0.1 jansson libpcre2-8 libuv
WERROR  ?= -Werror
WARN    := -Wall -Wextra -Wformat=2 -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
           -Wcast-qual -Wpointer-arith -Wwrite-strings -Wundef -Wimplicit-fallthrough -Wconversion \
           $(WERROR)
# clang calls a variable unused that exists for its cleanup, and a checked format non-literal.
CLANG   := -Wno-unused-variable -Wno-format-nonliteral
HARDEN  := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection \
           -fcf-protection=full -ftrivial-auto-var-init=zero -fno-delete-null-pointer-checks \
           -fno-strict-overflow
LDHARD  := -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code -Wl,--as-needed

CC_release := gcc
CF_release := -O2 -g $(HARDEN)
LF_release := $(LDHARD)
CC_asan    := gcc
CF_asan    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
LF_asan    := -fsanitize=address,undefined
CC_tsan    := clang
CF_tsan    := -O1 -g -fsanitize=thread $(CLANG)
LF_tsan    := -fsanitize=thread
CC_cov     := gcc
CF_cov     := -O0 -g --coverage
LF_cov     := --coverage
CC_fuzz    := clang
CF_fuzz    := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all $(CLANG)
LF_fuzz    := -fsanitize=address,undefined
$(if $(CC_$(VARIANT)),,$(error VARIANT=$(VARIANT): expected release, asan, tsan, cov or fuzz))

CC      := $(CC_$(VARIANT))
CFLAGS  := -std=gnu17 -D_GNU_SOURCE -DSLIPWAY_VERSION='"$(VERSION)"' -Isrc -fPIE -pthread $(WARN) \
           $(CF_$(VARIANT)) $(shell pkg-config --cflags $(PKGS)) $(CFLAGS)
LDFLAGS := $(LF_$(VARIANT)) -pthread $(LDFLAGS)
LIBS    := $(shell pkg-config --libs $(PKGS))
export ASAN_OPTIONS  ?= detect_stack_use_after_return=1:strict_string_checks=1:abort_on_error=1
export UBSAN_OPTIONS ?= print_stacktrace=1
export TSAN_OPTIONS  ?= halt_on_error=1

# Objects follow the compile command too: a changed flag or version rebuilds them.
ifneq ($(file <$(B)/flags),$(CC) $(CFLAGS))
$(shell mkdir -p $(B))
$(file >$(B)/flags,$(CC) $(CFLAGS))
endif

ifeq ($(VARIANT),release)
all: build/slipway
build/slipway: $(B)/slipway
	@ln -sf release/slipway $@
else
all: $(B)/slipway
endif

$(B)/slipway: $(OBJ)
	$(call say,LINK)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/libslipway.a: $(LIBOBJ)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/unit/%: tests/unit/%.c $(B)/libslipway.a
	@mkdir -p $(@D)
	$(call say,TEST)
	$(Q)$(CC) $(CFLAGS) -Itests -MMD -MP -o $@ $< $(B)/libslipway.a $(LDFLAGS) $(LIBS) -lcmocka

$(B)/fuzz/%: tests/fuzz/%.c $(B)/libslipway.a
	@mkdir -p $(@D)
	$(call say,FUZZ)
	$(Q)$(CC) $(CFLAGS) -fsanitize=fuzzer -Itests -MMD -MP -o $@ $< $(B)/libslipway.a $(LDFLAGS) $(LIBS)

$(B)/replay/%: tests/fuzz/%.c tests/fuzz/replay_main.c $(B)/libslipway.a
	@mkdir -p $(@D)
	$(call say,REPLAY)
	$(Q)$(CC) $(CFLAGS) -Itests -MMD -MP -MF $@.d -o $@ $< tests/fuzz/replay_main.c $(B)/libslipway.a \
		$(LDFLAGS) $(LIBS)

-include $(shell find $(B) -name '*.d' 2>/dev/null)

.PHONY: all help unit fuzzers fuzz-replay fuzz-short e2e coverage bench man docs install uninstall \
	check check-layers check-calls check-size check-format check-text check-hardening check-shell \
	check-docs format tidy analyze dist clean
help: ## list these targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' Makefile | expand -t 18
	@echo 'VARIANT=asan|tsan|cov|fuzz builds another tree; V=1 shows commands.'

# --- tests ---
unit: $(TESTS) ## unit tests of this VARIANT
	@tools/run-unit $(TESTS)
fuzzers: $(FUZZERS) ## build the fuzzers (VARIANT=fuzz)
fuzz-replay: $(REPLAYS) ## every fuzz target over its corpus, under this VARIANT
	@tools/run-replay $(REPLAYS)
fuzz-short: ## every fuzzer for SECONDS=10 each
	@$(MAKE) --no-print-directory VARIANT=fuzz fuzzers
	@tools/run-fuzz $(or $(SECONDS),10) $(FUZZ:tests/fuzz/%.c=build/fuzz/fuzz/%)
e2e: all ## the real binary, in temporary directories (T=tests/e2e/x.bats for one)
	@tools/run-e2e $(CURDIR)/$(B)/slipway $(T)
coverage: ## line and branch coverage of the unit tests and corpora
	@$(MAKE) --no-print-directory VARIANT=cov unit fuzz-replay
	@gcovr -r . --object-directory build/cov -f 'src/' --branches -s | tail -40
bench: all ## print ratios against peers
	@bench/run

# --- checks: every one prints what it found and fails on it ---
check: check-layers check-calls check-size check-format check-text check-hardening check-shell check-docs ## all fast checks
check-layers: $(OBJ) ## includes and link symbols go down only
	@tools/check-layers $(B)
check-calls: $(OBJ) ## who may call what
	@tools/check-calls $(B)
check-size: ## lengths of functions and files
	@tools/check-size $(SRC) $(wildcard src/*/*.h) $(UNITS) $(FUZZ)
check-format: ## layout, by clang-format
	@tools/format --check
check-text: ## characters, blanks, notes, paths
	@tools/check-text
check-hardening: all ## the linked program's defences
	@tools/check-hardening $(B)/slipway
check-shell: ## shellcheck on every script
	@tools/check-shell
check-docs: all ## the written reference is what the program says
	@$(B)/slipway man --format markdown | diff -q - docs/reference/commands.md >/dev/null || \
		{ echo 'docs: docs/reference/commands.md is old: make docs'; exit 1; }
	@$(B)/slipway man --format keywords | diff -q - docs/reference/keywords.md >/dev/null || \
		{ echo 'docs: docs/reference/keywords.md is old: make docs'; exit 1; }
format: ## lay out src and tests
	@tools/format --fix
tidy: compile_commands.json ## clang-tidy
	@tools/run-tidy $(SRC)
analyze: ## cppcheck and gcc -fanalyzer
	@tools/run-analyze $(SRC)
compile_commands.json: $(B)/flags $(ALLC) ## for editors and clang-tidy
	@tools/compile-commands $(B)/flags $(ALLC) >$@

# --- what is installed ---
man: all ## manual pages and completions, from the command table
	@tools/make-man $(B)/slipway build/share
docs: all ## picture and reference in docs/, made by the product
	@tools/make-docs $(CURDIR)/$(B)/slipway
install: man ## into DESTDIR and PREFIX
	install -Dm755 $(B)/slipway $(DESTDIR)$(PREFIX)/bin/slipway
	cd build/share && find . -type f -exec install -Dm644 {} $(DESTDIR)$(PREFIX)/share/{} \;
uninstall: man ## what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/slipway
	cd build/share && find . -type f -exec rm -f $(DESTDIR)$(PREFIX)/share/{} \;
dist: ## a source archive of HEAD
	git archive --prefix=slipway-$(VERSION)/ -o build/slipway-$(VERSION).tar.gz HEAD
clean: ## remove build/
	rm -rf build compile_commands.json
