# What `slipway run` shows: in a pipe, as JSON, in a terminal.

bats_require_minimum_version 1.5.0

setup() {
	root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	slipway=${SLIPWAY:-$root/build/slipway}
	cd "$BATS_TEST_TMPDIR" || return 1
	git init -q project && cd project || return 1
	cat >.gitlab-ci.yml <<-'END'
		stages: [build, test]
		compile:
		  stage: build
		  script: [echo compiling]
		unit:
		  stage: test
		  script:
		    - printf '\033]0;title\a\033[31mred\033[0m\n'
		    - 'echo "test_a.py:3: AssertionError"'
		    - exit 1
	END
	git add . && git commit -qm start
}

# Runs a command in a terminal of 80 columns; its bytes go to standard output.
in_terminal() {
	script -qec "stty cols 80 rows 24; $*" /dev/null
}

@test "in a pipe every line of output has its job before it, and nothing is for a terminal" {
	run -1 env LC_ALL=C.UTF-8 "$slipway" run
	grep -qx 'compile | compiling' <<<"$output"
	grep -qx 'unit    | red' <<<"$output"
	[[ $output != *$'\033'* && $output != *$'\a'* ]]
}

@test "the end names the failing line and its place in the log" {
	run -1 env LC_ALL=C.UTF-8 "$slipway" run
	place=$(sed -n 's/^    \(\.slipway.*\/log:[0-9]*\): test_a.py:3: AssertionError$/\1/p' <<<"$output")
	[ -n "$place" ]
	sed -n "${place##*:}p" "${place%:*}" | grep -q AssertionError
	[[ ${lines[-1]} == '✗ pipeline failed: unit (run 1, '*', 1 of 2 jobs succeeded)' ]]
}

@test "--json prints one object a line, and nothing else" {
	run -1 --separate-stderr "$slipway" run --json
	[ -z "$stderr" ]
	command -v jq >/dev/null || skip 'no jq'
	[ "$(jq -r '.event' <<<"$output" | sort -u | tr '\n' ' ')" = \
		'job_finished job_status output run_finished run_started section ' ]
	[ "$(jq -r 'select(.event == "job_finished") | .job + " " + .status' <<<"$output")" = \
		$'compile success\nunit failed' ]
	[ "$(jq -r 'select(.text == "compiling") | .job' <<<"$output")" = compile ]
}

@test "--quiet shows what failed and the verdict" {
	run -1 "$slipway" run --quiet
	[[ $output != *compiling* ]]
	[[ $output == *AssertionError* && $output == *'pipeline failed'* ]]
}

@test "a terminal gets the tree, with colours unless NO_COLOR is set" {
	command -v script >/dev/null || skip 'no script'
	run -1 env -u NO_COLOR LC_ALL=C.UTF-8 TERM=xterm bash -c \
		"$(declare -f in_terminal); in_terminal '$slipway' run"
	[[ $output == *$'\033[?2026h'* && $output == *$'\033[32m✓'* ]]
	[[ $output != *$'\033]0;'* ]]
	run -1 env NO_COLOR=1 LC_ALL=C.UTF-8 TERM=xterm bash -c \
		"$(declare -f in_terminal); in_terminal '$slipway' run"
	[[ $output == *$'\033[?2026h'* && $output != *$'\033[32m'* ]]
	run -1 env LC_ALL=C.UTF-8 TERM=dumb bash -c \
		"$(declare -f in_terminal); in_terminal '$slipway' run"
	[[ $output == *'compile | compiling'* && $output != *$'\033'* ]]
}

@test "a reader that goes away ends the run quietly and leaves no job" {
	cat >.gitlab-ci.yml <<-'END'
		long:
		  script: ['for i in $(seq 600); do echo tick-of-views; sleep 0.1; done']
	END
	run -0 bash -c '(trap - PIPE; "$0" run; echo "code $?" >&2) | head -n 1' "$slipway"
	[[ $output == *'code 141'* && $output != *rror* ]]
	run -1 pgrep -f tick-of-views
}
