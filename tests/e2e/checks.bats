# The checks of tools/ must be able to fail: each gets a tree with one fault.

setup() {
	root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir -p tree && cd tree || return 1
	cp -r "$root/tools" "$root/.clang-format" .
	mkdir -p src/base src/fmt src/os src/cmd
	printf 'base\nfmt\nos\ncmd\n' >src/LAYERS
	for d in base fmt os cmd; do echo "What lives in $d." >src/$d/README.md; done
	git init -q .
}

compile() {
	local f
	for f in src/*/*.c; do
		mkdir -p "build/${f%/*}"
		gcc -O2 -Isrc -c -o "build/${f%.c}.o" "$f"
	done
}

@test "check-layers accepts a call downwards" {
	printf 'int low(void);\n' >src/base/low.h
	printf '#include "base/low.h"\nint low(void)\n{\n\treturn 1;\n}\n' >src/base/low.c
	printf '#include "base/low.h"\nint high(void);\nint high(void)\n{\n\treturn low();\n}\n' >src/fmt/high.c
	compile
	run tools/check-layers build
	[ "$status" -eq 0 ]
}

@test "check-layers refuses an include upwards" {
	printf 'int high(void);\n' >src/fmt/high.h
	printf '#include "fmt/high.h"\n' >src/base/low.c
	compile
	run tools/check-layers build
	[ "$status" -eq 1 ]
	[[ $output == *'src/base/low.c:1: include "fmt/high.h": base stands below fmt'* ]]
}

@test "check-layers refuses a call upwards that no include shows" {
	printf 'int high(void);\nint high(void)\n{\n\treturn 1;\n}\n' >src/fmt/high.c
	printf 'extern int high(void);\nint low(void);\nint low(void)\n{\n\treturn high();\n}\n' >src/base/low.c
	compile
	run tools/check-layers build
	[ "$status" -eq 1 ]
	[[ $output == *'src/base/low.c: uses high of src/fmt/high.c'* ]]
}

@test "check-layers refuses another folder's private header and a folder without a layer" {
	mkdir src/extra
	printf 'int x;\n' >src/base/low_int.h
	printf '#include "base/low_int.h"\n' >src/fmt/high.c
	compile
	run tools/check-layers build
	[ "$status" -eq 1 ]
	[[ $output == *'belongs to base alone'* ]]
	[[ $output == *'src/extra: not in src/LAYERS'* ]]
}

@test "check-calls refuses malloc outside base, fork anywhere, a clock in a pure folder" {
	printf '#include <stdlib.h>\nvoid *f(void);\nvoid *f(void)\n{\n\treturn malloc(3);\n}\n' >src/base/ok.c
	printf '#include <stdlib.h>\nvoid *g(void);\nvoid *g(void)\n{\n\treturn malloc(3);\n}\n' >src/os/bad.c
	printf '#include <unistd.h>\nint h(void);\nint h(void)\n{\n\treturn fork();\n}\n' >src/os/forks.c
	printf '#include <time.h>\nlong k(void);\nlong k(void)\n{\n\treturn time(NULL);\n}\n' >src/fmt/late.c
	compile
	run tools/check-calls build
	[ "$status" -eq 1 ]
	[[ $output == *'src/os/bad.c: calls malloc; allowed in: base'* ]]
	[[ $output == *'src/os/forks.c: calls fork; allowed in: no file'* ]]
	[[ $output == *'src/fmt/late.c: calls time; fmt/ is pure'* ]]
	[[ $output != *src/base/ok.c* ]]
}

@test "check-calls finds a banned call that the compiler folds away, not one in a comment" {
	printf '#include <string.h>\nvoid f(char *p);\nvoid f(char *p)\n{\n\tstrcpy(p, "a");\n}\n' >src/os/bad.c
	printf '/* strcpy(a, b) */\nconst char *s = "strcpy(a, b)";\n' >src/os/fine.c
	compile
	run tools/check-calls build
	[ "$status" -eq 1 ]
	[[ $output == *'src/os/bad.c: writes strcpy'* ]]
	[[ $output != *fine.c* ]]
}

@test "check-size refuses a long function and a seventh parameter" {
	{
		printf 'int f(void)\n{\n'
		for _ in $(seq 121); do printf '\tx++;\n'; done
		printf '}\n\nint g(int a, int b, int c, int d,\n      int e, int f, int g)\n{\n}\n'
	} >src/os/long.c
	run tools/check-size src/os/long.c
	[ "$status" -eq 1 ]
	[[ $output == *'f: 121 lines of at most 120'* ]]
	[[ $output == *'g: 7 parameters of at most 6'* ]]
}

@test "check-size accepts 120 lines and six parameters" {
	{
		printf 'int f(int a, int b, int c, int d, int e, int (*f)(int, int))\n{\n'
		for _ in $(seq 120); do printf '\tx++;\n'; done
		printf '}\n'
	} >src/os/long.c
	run tools/check-size src/os/long.c
	[ "$status" -eq 0 ]
}

@test "check-text refuses a bidi control, a note without its issue and a machine's path" {
	printf '/* a\xe2\x80\xaeb */\n' >src/os/bidi.c
	printf '/* TO%s: later */\n/* TO%s(#7): fine */\n' DO DO >src/os/todo.c
	printf 'const char *p = "/ro%s/x";\n' ot >src/os/path.c
	run tools/check-text
	[ "$status" -eq 1 ]
	[[ $output == *'src/os/bidi.c:1:'* ]]
	[[ $output == *'src/os/todo.c:1:'* ]]
	[[ $output != *'src/os/todo.c:2:'* ]]
	[[ $output == *'src/os/path.c:1:'* ]]
}

@test "format leaves tables, macros and inline one-liners alone and lays out the rest" {
	cat >src/os/t.c <<'C'
#define A	  1
#define LONGER 2

static const int table[] = {
	1,
	2,
};

static inline int one(void) { return 1; }

int f( void )
{
	return table[0]+one();
}
C
	run tools/format --check src/os/t.c
	[ "$status" -eq 1 ]
	tools/format --fix src/os/t.c
	run tools/format --check src/os/t.c
	[ "$status" -eq 0 ]
	grep -q '^#define LONGER 2$' src/os/t.c
	grep -q '^	2,$' src/os/t.c
	grep -q '^static inline int one(void) { return 1; }$' src/os/t.c
	grep -q '^int f(void)$' src/os/t.c
}

@test "check-hardening refuses a program built without the flags" {
	printf 'int main(void)\n{\n\treturn 0;\n}\n' >src/cmd/main.c
	gcc -no-pie -z execstack -z norelro -z lazy -o weak src/cmd/main.c 2>/dev/null
	run tools/check-hardening ./weak
	[ "$status" -eq 1 ]
	[[ $output == *'not position independent'* ]]
	[[ $output == *'the stack is executable'* ]]
	[[ $output == *'no RELRO'* ]]
	[[ $output == *'no stack canaries'* ]]
}
