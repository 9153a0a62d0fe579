#!/bin/sh
# Writes C for the files named: jp_embedded[] with a name, the bytes and their length of each.
# Usage: embed.sh FILE... >embed.c
set -eu
echo '#include "base/embed.h"'
i=0
for f in "$@"; do
	printf 'static const char file_%d[] = {' "$i"
	od -An -v -tu1 "$f" | sed 's/[0-9][0-9]*/&,/g'
	echo '0};'
	i=$((i + 1))
done
echo 'const jp_embedded_file jp_embedded[] = {'
i=0
for f in "$@"; do
	printf '\t{"%s", file_%d, sizeof(file_%d) - 1},\n' "${f#lib/}" "$i" "$i"
	i=$((i + 1))
done
echo '	{0, 0, 0},'
echo '};'
