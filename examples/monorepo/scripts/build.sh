#!/usr/bin/env bash
# build.sh COMPONENT VERSION: what is shipped of a component, into dist/COMPONENT.
set -euo pipefail
component=$1 version=$2
out=$PWD/dist/$component
mkdir -p "$out"
case $component in
tariff) cp tariff/tariff.py "$out" ;;
depot) (cd depot && go build -trimpath -ldflags "-X main.Version=$version" -o "$out/depot" .) ;;
board) cp board/board.js "$out" ;;
*) echo "build.sh: no component $component" >&2 && exit 2 ;;
esac
