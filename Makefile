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
LIBSRC  := $(filter-out $(MAIN),$(SRC))
OBJ     := $(SRC:%.c=$(B)/%.o)
LIBOBJ  := $(LIBSRC:%.c=$(B)/%.o)
TESTS   := $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/test_*.c))
FUZZERS := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

VERSION := $(shell cat VERSION)
PKGS    := yaml-0.1 jansson libpcre2-8 libuv
WARN    := -Wall -Wextra -Wformat=2 -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
           -Wcast-qual -Wpointer-arith -Wwrite-strings -Wundef -Wimplicit-fallthrough -Wconversion -Werror
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
CF_tsan    := -O1 -g -fsanitize=thread
LF_tsan    := -fsanitize=thread
CC_cov     := gcc
CF_cov     := -O0 -g --coverage
LF_cov     := --coverage
CC_fuzz    := clang
CF_fuzz    := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
LF_fuzz    := -fsanitize=address,undefined

CC      := $(CC_$(VARIANT))
CFLAGS  += -std=gnu17 -D_GNU_SOURCE -DSLIPWAY_VERSION='"$(VERSION)"' -Isrc -fPIE -pthread $(WARN) \
           $(CF_$(VARIANT)) $(shell pkg-config --cflags $(PKGS))
LDFLAGS += $(LF_$(VARIANT)) -pthread
LIBS    := $(shell pkg-config --libs $(PKGS))

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

$(B)/%.o: %.c VERSION
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

-include $(shell find $(B) -name '*.d' 2>/dev/null)

.PHONY: all help clean unit fuzzers
unit: $(TESTS)
	@tools/run-unit $(TESTS)
fuzzers: $(FUZZERS)
clean:
	rm -rf build
