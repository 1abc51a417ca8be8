#!/usr/bin/env bats
# Every tests/broken/gitlab/NAME.yml is refused with the error in NAME.expected.

@test "each broken file gives its error, its hint and exit code 2" {
	cd "$BATS_TEST_DIRNAME/../.."
	wrong=0
	for file in tests/broken/gitlab/*.yml; do
		got=$(tools/broken-expected "$file")
		if [ "$got" != "$(cat "${file%.yml}.expected")" ]; then
			printf '%s\n  got      %s\n  expected %s\n' "$file" "$got" "$(cat "${file%.yml}.expected")"
			wrong=$((wrong + 1))
		fi
	done
	[ "$wrong" -eq 0 ]
	run "${SLIPWAY:-build/slipway}" lint tests/broken/gitlab/job-script-misspelt.yml
	[ "$status" -eq 2 ]
}

@test "independent errors of one file come together" {
	cd "$BATS_TEST_DIRNAME/../.."
	run "${SLIPWAY:-build/slipway}" lint tests/broken/gitlab/many-errors-at-once.yml
	[ "$status" -eq 2 ]
	[ "$(grep -c ': error: ' <<<"$output")" -eq 4 ]
}
