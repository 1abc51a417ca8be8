#!/usr/bin/env bats
# Each keyword of the dialect, seen from outside: a pipeline, a run, what came of it.
load project

setup() { project; }

# --- scripts ---

@test "before_script and script share a shell, after_script has its own" {
	pipeline <<'P'
a:
  before_script: [X=shared]
  script: ['echo "in script: $X"']
  after_script: ['echo "after: [$X] $CI_JOB_STATUS"']
P
	slipway run
	succeeds
	says 'in script: shared'
	says 'after: [] success'
}

@test "after_script runs after a failure, and its own failure does not count" {
	pipeline <<'P'
a:
  script: ["exit 7"]
  after_script: ['echo "status $CI_JOB_STATUS"', "exit 3"]
b:
  script: ["true"]
  after_script: ["exit 3"]
P
	slipway run
	fails
	says 'status failed'
	says 'exit code 7'
	ended 'a=failed b=success'
}

@test "a failing command in the middle of a pipe fails the job" {
	pipeline <<'P'
a:
  script: ["false | cat", "echo not reached"]
P
	slipway run
	fails
	says_not '| not reached'
}

@test "stdin is closed, so nothing waits for an answer" {
	pipeline <<'P'
a:
  script: ['cat; echo "read to the end"']
P
	slipway run
	succeeds
	says 'read to the end'
}

@test "a command of several lines is one command" {
	pipeline <<'P'
a:
  script:
    - |
      if true; then
        echo "inside"
      fi
    - echo one
P
	slipway run
	succeeds
	says 'a | inside'
	says '# collapsed multi-line command'
}

@test "nested lists of commands are flattened" {
	pipeline <<'P'
.c: &c [echo one, echo two]
a:
  script: [*c, [echo three]]
P
	slipway run
	succeeds
	says 'a | three'
}

@test "unset variables are no error, as on a runner" {
	pipeline <<'P'
a:
  script: ['echo "[$NOBODY_SET_THIS]"']
P
	slipway run
	succeeds
	says 'a | []'
}

@test "the commands of default are replaced, not added to" {
	pipeline <<'P'
default:
  before_script: [echo from default]
a: { script: [echo a] }
b: { before_script: [echo own], script: [echo b] }
c: { before_script: [], script: [echo c] }
P
	slipway run
	succeeds
	says 'a | from default'
	says 'b | own'
	says_not 'b | from default'
	says_not 'c | from default'
}

# --- the user's tree ---

@test "jobs see tracked, changed and untracked files, but not ignored ones" {
	echo old >tracked
	echo ignored.txt >.gitignore
	pipeline <<'P'
a:
  script: [cat tracked, cat untracked, "test ! -e ignored.txt"]
P
	echo new >tracked
	echo u >untracked
	echo i >ignored.txt
	slipway run
	succeeds
	says 'a | new'
	says 'a | u'
}

@test "what a job writes never reaches the user's tree" {
	echo mine >file
	pipeline <<'P'
a:
  script: [echo theirs >>file, rm -f .gitlab-ci.yml, touch new, git commit -qam theirs]
P
	before=$(git rev-parse HEAD)
	slipway run
	succeeds
	[ "$(cat file)" = mine ]
	[ -e .gitlab-ci.yml ]
	[ ! -e new ]
	[ "$(git rev-parse HEAD)" = "$before" ]
	[ -z "$(git status --porcelain)" ]
}

@test "git works inside a job" {
	pipeline <<'P'
a:
  script:
    - git log -1 --format=%s
    - git describe --tags
    - test "$(git rev-parse HEAD)" = "$CI_COMMIT_SHA"
    - test -z "$(git status --porcelain)"
P
	git tag -a v1.2.3 -m release
	slipway run
	succeeds
	says 'a | A pipeline'
	says 'a | v1.2.3'
}

@test "GIT_STRATEGY none gives an empty directory" {
	echo x >file
	pipeline <<'P'
a:
  variables: { GIT_STRATEGY: none }
  script: ["test ! -e file"]
P
	slipway run
	succeeds
}

# --- variables ---

@test "variables are expanded in terms of each other" {
	pipeline <<'P'
variables: { A: "a-$B", B: "b-$C", C: c, RAW: { value: "$C", expand: false } }
job:
  variables: { C: job }
  script: ['echo "$A|$RAW"']
P
	slipway run
	succeeds
	says 'job | a-b-job|$C'
}

@test "values keep their bytes: quotes, blanks, newlines, dollars" {
	pipeline <<'P'
variables:
  QUOTES: "it's \"quoted\" \\ back"
  LINES: "one\ntwo"
  DOLLAR: { value: "$5 ${NOT} $(no)", expand: false }
a:
  script:
    - printf '%s\n' "$QUOTES"
    - test "$(printf '%s' "$LINES" | wc -l)" = 1
    - printf '%s\n' "$DOLLAR"
P
	slipway run
	succeeds
	says "a | it's \"quoted\" \\ back"
	says 'a | $5 ${NOT} $(no)'
}

@test "YAML types become the texts that GitLab makes of them" {
	pipeline <<'P'
variables: { YES: yes, OCTAL: 012345, FLOAT: 1.50, EMPTY: }
a:
  script: ['echo "$YES|$OCTAL|$FLOAT|[$EMPTY]"']
P
	slipway run
	succeeds
	says 'a | true|5349|1.5|[]'
}

@test "--var wins over the file, --var-file is read, secrets are masked" {
	pipeline <<'P'
variables: { A: file }
a:
  script: ['echo "$A $B"', 'echo "token $MY_TOKEN"', 'echo -n "$MY_TOKEN" | base64']
P
	printf '# comment\nB="from file"\nMY_TOKEN=s3cr3t-value-123\n' >vars
	slipway run --var A=given --var-file vars
	succeeds
	says 'given from file'
	says 'token [MASKED]'
	says_not 's3cr3t-value-123'
	says_not "$(echo -n s3cr3t-value-123 | base64)"
	! grep -r s3cr3t-value .slipway
}

@test "predefined variables tell the truth about the commit" {
	pipeline <<'P'
a:
  script:
    - echo "$CI_COMMIT_BRANCH $CI_COMMIT_REF_SLUG $CI_DEFAULT_BRANCH $CI_PIPELINE_SOURCE"
    - echo "$CI_PROJECT_PATH $CI_SERVER_HOST"
    - test "$CI_COMMIT_SHORT_SHA" = "$(git rev-parse HEAD | cut -c1-8)"
    - test "$CI_COMMIT_AUTHOR" = "Ada <ada@example.org>"
    - test "$CI_PROJECT_DIR" = "$PWD"
    - test -n "$CI_JOB_ID" -a -n "$CI_JOB_TOKEN" -a -z "${CI_COMMIT_TAG-}"
P
	slipway run
	succeeds
	says 'a | main main main push'
	says 'a | group/app gitlab.example.com'
}

@test "an event can be played: tag, merge request, schedule" {
	pipeline <<'P'
tag: { script: ['echo "tag $CI_COMMIT_TAG [${CI_COMMIT_BRANCH-unset}]"'], rules: [if: $CI_COMMIT_TAG] }
mr:
  script: ['echo "$CI_MERGE_REQUEST_SOURCE_BRANCH_NAME to $CI_MERGE_REQUEST_TARGET_BRANCH_NAME"']
  rules: [if: $CI_PIPELINE_SOURCE == "merge_request_event"]
night: { script: [echo night], rules: [if: $CI_PIPELINE_SOURCE == "schedule"] }
P
	slipway run --tag v1.0
	succeeds
	says 'tag | tag v1.0 [unset]'
	git checkout -q -b feature
	slipway run --event merge_request --target-branch main
	succeeds
	says 'mr | feature to main'
	slipway run --event schedule
	succeeds
	ended 'night=success'
}

# --- order ---

@test "a job starts the moment its needs allow, not in waves" {
	pipeline <<'P'
slow: { stage: build, script: [sleep 3] }
quick: { stage: build, script: ["true"] }
next: { stage: test, needs: [quick], script: ["true"] }
P
	slipway run --jobs 4
	succeeds
	"$SLIPWAY" runs --json --limit 1 | python3 -c '
import json, sys
jobs = {j["name"]: j for j in json.load(sys.stdin)[0]["jobs"]}
gap = jobs["next"]["started_us"] - jobs["quick"]["finished_us"]
assert gap < 50000, gap
assert jobs["next"]["finished_us"] < jobs["slow"]["finished_us"]'
}

@test "a failed stage skips later ones, but not on_failure and always" {
	pipeline <<'P'
stages: [a, b]
a: { stage: a, script: ["false"] }
skipped: { stage: b, script: [echo no] }
cleanup: { stage: b, when: on_failure, script: [echo cleaning] }
always: { stage: b, when: always, script: [echo always] }
P
	sed -i 's/\["false"\]/["exit 1"]/' .gitlab-ci.yml
	slipway run
	fails
	ended 'a=failed always=success cleanup=success skipped=skipped'
}

@test "allow_failure makes warnings, exit codes choose which" {
	pipeline <<'P'
a: { script: [exit 3], allow_failure: { exit_codes: [3] } }
b: { stage: deploy, script: [echo goes on] }
P
	slipway run
	succeeds
	says 'b | goes on'
	sed -i 's/exit 3/exit 4/' .gitlab-ci.yml
	slipway run
	fails
	ended 'a=failed b=skipped'
}

@test "manual jobs wait, and start when asked for" {
	pipeline <<'P'
stages: [a, b]
gate: { stage: a, script: [echo opened], rules: [when: manual] }
after: { stage: b, script: [echo after] }
optional: { stage: a, when: manual, script: [echo optional] }
P
	slipway run
	ended 'after=created gate=manual optional=manual'
	slipway run --manual gate
	succeeds
	ended 'after=success gate=success optional=manual'
}

@test "a delayed job waits for its time" {
	pipeline <<'P'
a: { when: delayed, start_in: 1 second, script: [echo late] }
P
	slipway run
	succeeds
	"$SLIPWAY" runs --json --limit 1 | python3 -c '
import json, sys
j = json.load(sys.stdin)[0]["jobs"][0]
assert j["started_us"] - j["created_us"] >= 1000000'
}

@test "retry tries again, only after the reasons and exit codes it names" {
	pipeline <<'P'
a:
  variables: { GIT_STRATEGY: none }
  script: ['n=$(cat "$COUNT" 2>/dev/null || echo 0)', 'echo $((n + 1)) >"$COUNT"', 'test "$n" -ge 1']
  retry: 2
b: { script: [exit 9], retry: { max: 2, exit_codes: [8] } }
c: { script: [exit 1], retry: { max: 1, when: runner_system_failure } }
P
	slipway run --var COUNT="$BATS_TEST_TMPDIR/count"
	fails
	[ "$(cat "$BATS_TEST_TMPDIR/count")" = 2 ]
	ended 'a=success b=failed c=failed'
	[ "$("$SLIPWAY" runs --json --limit 1 | grep -c '"attempt"')" -eq 4 ]
}

@test "a job that takes too long is killed, with all that it started" {
	pipeline <<'P'
a:
  timeout: 1 second
  script: ['(setsid sleep 987 & wait) & sleep 986']
P
	slipway run
	fails
	says 'took longer than 1s'
	! pgrep -f 'sleep 98[67]'
}

@test "one job of a resource group runs at a time" {
	pipeline <<'P'
.r: { resource_group: db, script: ['mkdir "$LOCK"; sleep 0.2; rmdir "$LOCK"'] }
a: { extends: .r }
b: { extends: .r }
c: { extends: .r }
P
	slipway run --jobs 3 --var LOCK="$BATS_TEST_TMPDIR/lock"
	succeeds
	ended 'a=success b=success c=success'
}

# --- many jobs of one ---

@test "parallel and matrix make instances with their variables" {
	pipeline <<'P'
p: { parallel: 2, script: ['echo "$CI_NODE_INDEX of $CI_NODE_TOTAL"'] }
m:
  parallel: { matrix: [{ A: [x, y], B: 1 }] }
  script: ['echo "$A$B $CI_JOB_NAME"']
P
	slipway run
	succeeds
	says '2 of 2'
	says 'y1 m: [y, 1]'
	ended 'm: [x, 1]=success m: [y, 1]=success p 1/2=success p 2/2=success'
}

# --- artifacts, dotenv, cache ---

@test "artifacts reach later stages, needs choose, exclude and untracked work" {
	pipeline <<'P'
stages: [one, two]
make:
  stage: one
  script: [mkdir -p out/deep, echo k >out/deep/keep, echo d >out/drop.tmp, echo u >loose]
  artifacts: { paths: [out/], exclude: ["out/**/*.tmp"], untracked: false }
all: { stage: two, script: [cat out/deep/keep, "test ! -e out/drop.tmp", "test ! -e loose"] }
none: { stage: two, needs: [], script: ["test ! -e out"] }
without: { stage: two, needs: [{ job: make, artifacts: false }], script: ["test ! -e out"] }
empty: { stage: two, dependencies: [], script: ["test ! -e out"] }
P
	slipway run
	succeeds
	slipway artifacts
	says 'out/deep/keep'
	says_not 'drop.tmp'
}

@test "artifacts:when decides by the result" {
	pipeline <<'P'
a:
  script: [echo x >log, exit 1]
  artifacts: { paths: [log], when: on_failure }
b:
  script: [echo x >log, exit 1]
  artifacts: { paths: [log] }
P
	slipway run
	fails
	slipway artifacts --json
	[ "$(grep -c '"path"' <<<"$output")" -eq 1 ]
}

@test "a dotenv report gives variables to later jobs" {
	pipeline <<'P'
stages: [one, two]
make: { stage: one, script: ['echo "VERSION=1.2" >v.env'], artifacts: { reports: { dotenv: v.env } } }
use: { stage: two, script: ['echo "version $VERSION"'] }
not: { stage: two, needs: [], script: ['echo "[$VERSION]"'] }
P
	slipway run
	succeeds
	says 'use  | version 1.2'
	says 'not  | []'
}

@test "reports are kept also when the job fails" {
	pipeline <<'P'
a:
  script: [echo '<testsuite/>' >r.xml, exit 1]
  artifacts: { reports: { junit: r.xml } }
P
	slipway run
	fails
	find .slipway/runs/1 -path '*/reports/junit/*' -name r.xml | grep -q .
}

@test "a cache comes back in the next run, by key and by policy" {
	pipeline <<'P'
a:
  script: ['echo "had [$(cat c/f 2>/dev/null)]"', mkdir -p c, 'echo "$V" >c/f']
  cache: { key: k, paths: [c] }
b:
  stage: deploy
  script: ['echo "pulled [$(cat c/f)]"', 'echo other >c/f']
  cache: { key: k, paths: [c], policy: pull }
P
	slipway run --var V=1
	succeeds
	says 'had []'
	says 'pulled [1]'
	slipway run --var V=2
	succeeds
	says 'had [1]'
	says 'pulled [2]'
}

@test "a fallback key serves when the key misses" {
	pipeline <<'P'
a:
  script: ['echo "had [$(cat c/f 2>/dev/null)]"', mkdir -p c, echo x >c/f]
  cache: { key: "$KEY", fallback_keys: [base], paths: [c] }
P
	slipway run --var KEY=base
	says 'had []'
	slipway run --var KEY=other
	says 'had [x]'
}

# --- configuration ---

@test "includes: local, wildcard, nested, with rules" {
	file ci/a.yml <<'P'
include: ci/deep/c.yml
a: { script: [echo a] }
P
	file ci/b.yml <<'P'
b: { script: [echo b] }
P
	file ci/deep/c.yml <<'P'
.tpl: { script: [echo from template] }
P
	file never.yml <<'P'
never: { script: [echo never] }
P
	pipeline <<'P'
include:
  - local: ci/*.yml
  - local: never.yml
    rules: [if: $INCLUDE_NEVER]
c: { extends: .tpl }
P
	slipway run
	succeeds
	ended 'a=success b=success c=success'
	says 'c | from template'
}

@test "an include of another project comes from its clone" {
	mkdir "$BATS_TEST_TMPDIR/lib"
	git -C "$BATS_TEST_TMPDIR/lib" init -q -b main .
	printf '.lib: {script: [echo old]}\n' >"$BATS_TEST_TMPDIR/lib/ci.yml"
	git -C "$BATS_TEST_TMPDIR/lib" add -A
	git -C "$BATS_TEST_TMPDIR/lib" commit -qm one
	git -C "$BATS_TEST_TMPDIR/lib" tag v1
	printf '.lib: {script: [echo new]}\n' >"$BATS_TEST_TMPDIR/lib/ci.yml"
	git -C "$BATS_TEST_TMPDIR/lib" commit -qam two
	pipeline <<'P'
include: { project: group/lib, ref: v1, file: ci.yml }
a: { extends: .lib }
P
	slipway run --project-root group/lib="$BATS_TEST_TMPDIR/lib"
	succeeds
	says 'a | old'
	slipway run
	fails 2
	says '--project-root group/lib=DIR'
}

@test "inputs are typed, have defaults, and are interpolated" {
	file tpl.yml <<'P'
spec:
  inputs:
    name: { default: world }
    count: { type: number, default: 2 }
    list: { type: array, default: [a, b] }
---
"greet-$[[ inputs.name ]]":
  parallel: $[[ inputs.count ]]
  script: ['echo "hello $[[ inputs.name | truncate(0,3) ]]"', 'echo $[[ inputs.list ]]']
P
	pipeline <<'P'
include:
  - local: tpl.yml
    inputs: { name: harbour, count: 1 }
P
	slipway run
	succeeds
	says 'hello har'
	ended 'greet-harbour 1/1=success'
}

@test "extends merges maps and replaces lists; the job wins" {
	pipeline <<'P'
.a: { variables: { A: a, B: a }, script: [echo a] }
.b: { extends: .a, variables: { B: b, C: b } }
job:
  extends: .b
  variables: { C: job }
  script: ['echo "$A$B$C"']
P
	slipway run
	succeeds
	says 'job | abjob'
}

@test "!reference takes parts of other jobs" {
	pipeline <<'P'
.setup: { script: [echo one, echo two], variables: { V: referenced } }
a:
  variables: !reference [.setup, variables]
  script: [!reference [.setup, script], 'echo "$V"']
P
	slipway run
	succeeds
	says 'a | two'
	says 'a | referenced'
}

@test "inherit leaves out what it is told" {
	pipeline <<'P'
default: { before_script: [echo default] }
variables: { A: global, B: global }
a:
  inherit: { default: false, variables: [B] }
  script: ['echo "[$A][$B]"']
P
	slipway run
	succeeds
	says 'a | [][global]'
	says_not 'a | default'
}

@test "a child pipeline runs as a part of its parent" {
	file child.yml <<'P'
child-job: { script: ['echo "child of $PARENT, source $CI_PIPELINE_SOURCE"'] }
P
	pipeline <<'P'
variables: { PARENT: me }
start: { trigger: { include: child.yml, strategy: depend } }
after: { stage: deploy, script: [echo after] }
P
	slipway run
	succeeds
	says 'child of me, source parent_pipeline'
	ended 'after=success start/child-job=success start=success'
}

@test "a failing child fails its trigger job only with strategy depend" {
	file child.yml <<'P'
child-job: { script: [exit 1] }
P
	pipeline <<'P'
start: { trigger: { include: child.yml, strategy: depend } }
P
	slipway run
	fails
	sed -i 's/, strategy: depend//' .gitlab-ci.yml
	slipway run
	succeeds
	says 'without strategy: depend that does not count'
}

@test "a child pipeline can be made by a job" {
	pipeline <<'P'
stages: [make, go]
make:
  stage: make
  script: ['printf "made: {script: [echo generated]}\n" >child.yml']
  artifacts: { paths: [child.yml] }
go:
  stage: go
  trigger: { include: [{ artifact: child.yml, job: make }], strategy: depend }
P
	slipway run
	succeeds
	says 'generated'
}

@test "an environment is recorded with its name and url" {
	pipeline <<'P'
a:
  script: ['echo "$CI_ENVIRONMENT_NAME $CI_ENVIRONMENT_SLUG $CI_ENVIRONMENT_TIER $CI_ENVIRONMENT_URL"']
  environment: { name: production, url: "https://$CI_COMMIT_REF_SLUG.example.org" }
P
	slipway run
	succeeds
	says 'production production production https://main.example.org'
	slipway runs --json
	says '"environment": "production"'
}

@test "coverage is found in the log" {
	pipeline <<'P'
a: { script: ['echo "TOTAL 87.5%"'], coverage: '/TOTAL (\d+\.\d+)%/' }
P
	slipway run
	succeeds
	says '87.5'
}

@test "images and services are named once as not used" {
	pipeline <<'P'
a: { image: "alpine:3", services: [redis], script: [echo a] }
b: { image: "alpine:3", script: [echo b] }
P
	slipway run
	succeeds
	[ "$(grep -c 'not in a container' <<<"$output")" -eq 1 ]
}

@test "keywords without effect here are named once with their line" {
	pipeline <<'P'
a: { script: [echo a], id_tokens: { T: { aud: x } } }
b: { script: [echo b], id_tokens: { T: { aud: x } } }
P
	slipway run
	succeeds
	[ "$(grep -c '`id_tokens` has no effect' <<<"$output")" -eq 1 ]
	says '.gitlab-ci.yml:1:24: warning:'
}

# --- parts of a pipeline ---

@test "named jobs run alone, with --needs also what they need" {
	pipeline <<'P'
stages: [one, two]
a: { stage: one, script: [echo made >f], artifacts: { paths: [f] } }
b: { stage: two, script: ['cat f 2>/dev/null || echo no file'] }
P
	slipway run b
	succeeds
	says 'b | no file'
	ended 'b=success'
	slipway run --needs b
	succeeds
	says 'b | made'
	ended 'a=success b=success'
	slipway run b
	succeeds
	says 'gets the artifacts of a from run 2'
	says 'b | made'
}

@test "a stage runs alone; unknown names are refused with the nearest" {
	pipeline <<'P'
build-it: { stage: build, script: [echo b] }
test-it: { stage: test, script: [echo t] }
P
	slipway run --stage test
	succeeds
	ended 'test-it=success'
	slipway run buidl-it
	fails 2
	says 'did you mean "build-it"?'
}

@test "--dry-run runs nothing and leaves nothing" {
	pipeline <<'P'
a: { script: ["touch $BATS_TEST_TMPDIR/ran"] }
P
	slipway run --dry-run
	succeeds
	says '$ touch'
	[ ! -e .slipway ]
}

@test "the log of a running job can be read" {
	pipeline <<'P'
a: { script: [echo under way, 'cat <"$FIFO"'] }
P
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	"$SLIPWAY" run --var FIFO="$BATS_TEST_TMPDIR/fifo" >"$BATS_TEST_TMPDIR/out" &
	local pid=$!
	exec 8>"$BATS_TEST_TMPDIR/fifo" # blocks until the job opens it
	slipway log a
	exec 8>&-
	says 'under way'
	wait "$pid"
}
