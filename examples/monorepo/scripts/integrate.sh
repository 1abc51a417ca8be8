#!/usr/bin/env bash
# integrate.sh ARCHIVE PAGE: unpack what would be delivered and let the parts talk.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
tar -xzf "$1" -C "$dir"
"$dir/depot/depot" --version
/usr/bin/python3 "$dir/tariff/tariff.py" 2.5 home near far |
	"$dir/depot/depot" |
	node "$dir/board/board.js" >"$2"
grep -q '<h1>3 parcels, 7.5 kg, 43.00</h1>' "$2"
echo "the board shows what the tariff asks for"
