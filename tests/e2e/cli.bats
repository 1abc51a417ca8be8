# The command line itself: help, errors, exit codes, pages, completion.
bats_require_minimum_version 1.5.0

setup() {
	root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	cd "$BATS_TEST_TMPDIR" || return 1
	slipway=${SLIPWAY:-$root/build/slipway}
}

commands() {
	"$slipway" complete fish -- '' | cut -f1
}

# Nothing of it may be written for a terminal.
plain() {
	! grep -q $'\033' <<<"$1"
}

@test "the version stands in --version, -V and version" {
	for words in --version -V version; do
		run -0 "$slipway" $words
		[ "$output" = "slipway $(cat "$root/VERSION")" ]
	done
}

@test "a command that is missing or unknown is bad usage" {
	run -2 "$slipway"
	[[ $output == 'slipway: a command is missing; see `slipway --help`' ]]
	run -2 "$slipway" rum
	[[ $output == 'slipway: unknown command "rum"; did you mean run?' ]]
	run -2 "$slipway" --bogus
	[[ $output == *'unknown option --bogus'* ]]
}

@test "an unknown option is answered with the nearest one, on stderr" {
	run -2 --separate-stderr "$slipway" run --fil x
	[ -z "$output" ]
	[ "$stderr" = 'slipway run: unknown option --fil; did you mean --file?' ]
}

@test "control characters of an argument do not reach the terminal" {
	run -2 "$slipway" run $'--\033]0;x\a'
	plain "$output"
}

@test "every command has help of at most 80 columns, and help shows the same" {
	for c in $(commands); do
		run -0 "$slipway" "$c" --help
		[[ $output == "Usage: slipway $c"* ]]
		[[ $output == *'Exit codes:'* ]]
		[ "$(awk 'length > 80' <<<"$output")" = '' ]
		plain "$output"
		[ "$output" = "$("$slipway" help "$c")" ]
	done
}

@test "help lists every command but the hidden ones" {
	run -0 "$slipway" --help
	for c in $(commands); do
		grep -q "^  $c " <<<"$output"
	done
	[ "$output" = "$("$slipway" help)" ]
	[[ $output != *$'\n  complete '* ]]
}

@test "help of a command that does not exist is bad usage" {
	run -2 "$slipway" help bogus
	run -2 "$slipway" man bogus
}

@test "-C before and behind the command changes the directory, or says why not" {
	run -2 "$slipway" -C nowhere list
	[[ $output == 'slipway list: -C nowhere: No such file or directory' ]]
	run -2 "$slipway" list -C nowhere
	[[ $output == 'slipway list: -C nowhere: No such file or directory' ]]
}

@test "a full disk is an error, not silence" {
	[ -e /dev/full ] || skip 'no /dev/full'
	run -3 bash -c '"$0" --help >/dev/full' "$slipway"
	[[ $output == *'No space left on device'* ]]
}

@test "a reader that goes away ends the program quietly" {
	run bash -c '(trap - PIPE; "$0" man --format markdown; echo "code $?" >&2) | true' "$slipway"
	[[ $output != *error* && $output != *writing* ]]
}

@test "every manual page passes groff and man without a warning" {
	for c in '' $(commands); do
		"$slipway" man $c >page.1
		if command -v groff >/dev/null; then
			run -0 groff -man -Tutf8 -ww -z page.1
			[ -z "$output" ]
		fi
		if command -v man >/dev/null; then
			run -0 --separate-stderr env MANWIDTH=80 man --warnings -l page.1
			[ -z "$stderr" ]
		fi
	done
}

@test "the reference in docs is what the table says" {
	"$slipway" man --format markdown >commands.md
	diff -u "$root/docs/reference/commands.md" commands.md ||
		{ echo 'run: make docs'; return 1; }
	"$slipway" man --format keywords >keywords.md
	diff -u "$root/docs/reference/keywords.md" keywords.md ||
		{ echo 'run: make docs'; return 1; }
}

@test "the bash completion loads and completes" {
	"$slipway" completion bash >slipway.bash
	mkdir bin && ln -s "$slipway" bin/slipway
	cat >ask.bash <<-'END'
		set -eu
		compopt() { :; } # only works while readline asks
		. ./slipway.bash
		complete -p slipway
		ask() {
			COMP_LINE="slipway $1" COMP_POINT=$((8 + ${#1}))
			_slipway slipway
			echo "$1 => ${COMPREPLY[*]-}"
		}
		ask exp
		ask 'run --dry'
		ask 'run --event=sch'
		ask 'completion '
	END
	PATH=$PWD/bin:$PATH run -0 bash ask.bash
	[[ $output == *'complete -F _slipway slipway'* ]]
	[[ $output == *'exp => explain'* ]]
	[[ $output == *'run --dry => --dry-run'* ]]
	[[ $output == *'run --event=sch => schedule'* ]]
	[[ $output == *'completion  => bash zsh fish'* ]]
}

@test "the completions of zsh and fish are read by their shells" {
	for shell in zsh fish; do
		"$slipway" completion $shell >script.$shell
		grep -q "slipway complete $shell\|complete $shell" script.$shell
		if command -v $shell >/dev/null; then
			run -0 $shell --no-execute script.$shell
		fi
	done
}

@test "a plain command opens no file of ours and starts nothing" {
	command -v strace >/dev/null || skip 'no strace'
	ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=openat,execve,socket -o trace "$slipway" --version
	run ! grep -vE 'execve.*--version|/lib|/etc/ld.so|^[0-9]+ +\+\+\+|locale|ENOENT' trace
}
