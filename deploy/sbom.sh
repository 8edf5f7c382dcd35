#!/usr/bin/env bash
# Writes the bill of materials of build/release's server to standard output, as CycloneDX JSON: each
# package of which a part was linked, or a header compiled, into that very binary. Nothing is
# listed by hand: the linker says which archives gave something, the compiler which headers it
# read, and dpkg whose they are. Of what is built from Debian's sources, `dev` notes the version.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

readonly BUILD=build/release TARGET=server/kernelserve-server
# shellcheck source=/dev/null
DISTRIBUTION=$(. /etc/os-release && echo "$ID")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Archives that gave a member, and the C library's start-up code: by linking once more.
link=$(ninja -C "$BUILD" -t commands -s "$TARGET" | grep ' -o ')
(cd "$BUILD" && eval "${link/ -o $TARGET/ -Wl,-Map=$work/map -o $work/linked}") 2>/dev/null
{
  awk '/^Archive member included/ { on = 1 } /^(Discarded input|Memory Configuration)/ { on = 0 }
    on && /^\// { sub(/\(.*/, ""); print }' "$work/map"
  awk '$1 == "LOAD" && $2 ~ /^\/.*\.o$/ { print $2 }' "$work/map"
  ninja -C "$BUILD" -t inputs "$TARGET" | grep '\.o$' | xargs ninja -C "$BUILD" -t deps |
    awk '/^    \// { print $1 }'
} | sort -u | xargs realpath | sort -u >"$work/files"

# Name, version, source package and its version of each package that has one of them.
# shellcheck disable=SC2016  # dpkg-query expands these, not the shell
grep -lxFf "$work/files" /var/lib/dpkg/info/*.list | sed 's|.*/||; s|\.list$||' |
  xargs dpkg-query --show --showformat \
    '${binary:Package} ${Version} ${Architecture} ${source:Package} ${source:Version}\n' |
  sort -u >"$work/packages"

# The google.rpc protos, from PyPI: where `./dev image` has put them, or as installed.
googleapis="googleapis-common-protos"
if [[ -f .deps/googleapis/VERSION ]]; then
  googleapis_version=$(<.deps/googleapis/VERSION)
else
  googleapis_version=$(basename .venv/lib/python3*/site-packages/"${googleapis//-/_}"-*.dist-info)
  googleapis_version=$(sed 's/\.dist-info$//; s/.*-//' <<<"$googleapis_version")
fi

component() {
  printf '{"type":"library","bom-ref":"%s","name":"%s","version":"%s","purl":"%s"}\n' \
    "$3" "$1" "$2" "$3"
}

escaped() { sed 's/%/%25/g; s/+/%2B/g; s/:/%3A/g' <<<"$1"; }

{
  while read -r name version architecture source source_version; do
    name=${name%%:*}
    component "$name" "$version" "pkg:deb/$DISTRIBUTION/$(escaped "$name")@$(escaped "$version")?$(
    )arch=$architecture&upstream=$(escaped "$source")%40$(escaped "$source_version")"
  done <"$work/packages"
  while read -r source version; do
    component "$source" "$version" \
      "pkg:deb/$DISTRIBUTION/$(escaped "$source")@$(escaped "$version")?arch=source"
  done <.deps/sources
  component "$googleapis" "$googleapis_version" "pkg:pypi/$googleapis@$googleapis_version"
} >"$work/components"

version=$(sed -n 's/^project(kernelserve VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
hash=$(sha256sum "$BUILD/$TARGET" | cut -d ' ' -f 1)
cat <<JSON
{
"bomFormat": "CycloneDX",
"specVersion": "1.5",
"version": 1,
"metadata": {"component": {"type": "application", "bom-ref": "kernelserve-server",
  "name": "kernelserve-server", "version": "$version",
  "hashes": [{"alg": "SHA-256", "content": "$hash"}]}},
"components": [
$(paste -sd '~' "$work/components" | sed 's/}~{/},\n{/g')
],
"dependencies": [{"ref": "kernelserve-server", "dependsOn": [
$(sed 's/.*"bom-ref":\("[^"]*"\).*/\1/' "$work/components" | paste -sd ',' | sed 's/,/,\n/g')
]}]
}
JSON
