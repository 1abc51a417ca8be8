# project.bash - a git repository with a pipeline, for tests of the real program.
#
#	load project
#	setup() { project; }
#	@test "…" { pipeline <<'E' … E
#	            slipway run; succeeds; says "job | text"; }

SLIPWAY=${SLIPWAY:-$BATS_TEST_DIRNAME/../../build/slipway}
case $SLIPWAY in
/*) ;;
*) SLIPWAY=$PWD/$SLIPWAY ;;
esac
export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=ada@example.org
export GIT_COMMITTER_NAME=Ada GIT_COMMITTER_EMAIL=ada@example.org LC_ALL=C.UTF-8
unset NO_COLOR CI GITLAB_CI CLICOLOR_FORCE

# A fresh repository on branch main, and we are in it.
project() {
	cd "$(mktemp -d "$BATS_TEST_TMPDIR/project.XXXX")" || return
	git init -q -b main .
	git remote add origin https://gitlab.example.com/group/app.git
	git commit -q --allow-empty -m 'First words'
}

# The pipeline from stdin, committed with all that lies there.
pipeline() {
	cat >.gitlab-ci.yml
	commit 'A pipeline'
}

commit() {
	git add -A
	git commit -q --allow-empty -m "$1"
}

file() {
	mkdir -p "$(dirname "$1")"
	cat >"$1"
}

slipway() { run "$SLIPWAY" "$@"; }

# What failed must be seen with the output.
wrong() {
	printf '%s\n--- exit %s, output:\n%s\n' "$1" "$status" "$output"
	return 1
}

succeeds() { [ "$status" -eq 0 ] || wrong "it should succeed"; }
fails() { [ "$status" -eq "${1:-1}" ] || wrong "exit code should be ${1:-1}"; }
says() { grep -qF -- "$1" <<<"$output" || wrong "it should say: $1"; }
says_not() { ! grep -qF -- "$1" <<<"$output" || wrong "it should not say: $1"; }

# The jobs of the latest run in order of their start, or their status: "build=success".
statuses() {
	"$SLIPWAY" runs --json --limit 1 |
		python3 -c 'import json,sys
for j in json.load(sys.stdin)[0]["jobs"]:
    if not j["retried"]: print(j["pipeline"]+j["name"]+"="+j["status"])' | sort | tr '\n' ' '
}
ended() {
	local got
	got=$(statuses)
	[ "$got" = "$1 " ] || wrong "statuses are: $got"
}
