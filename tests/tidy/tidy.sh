#!/bin/sh
# House rules as a test: which layer may include what, file size, guards, banned calls, no machine's paths.
# Prints one line a breach, FILE:LINE: WHAT, and exits 1 if there was any. `selftest` beside shows that each is seen.
set -eu
cd "$1"

# One file. layer "main" (src/main.c, src/wiring.c) wires everything, so it may include every layer, but no library.
check_file() {
    awk -v file="$1" -v layer="$2" -v below=" $2 $3 " '
        BEGIN {
            # the third-party headers, and the layers that alone may name them
            only["librdkafka"] = " kafka "
            only["libpq"] = " pg "
            only["microhttpd"] = " http "
            only["protobuf-c"] = " wire "
            only["jansson"] = " wire app "
            only["yaml"] = " rulebook "
            only["openssl"] = " base "
        }
        function breach(what) { print file ":" NR ": " what }
        /^#include "mentor\// && !/\.pb-c\.h"/ && layer != "main" {
            split($2, part, "/")
            if (index(below, " " part[2] " ") == 0)
                breach(layer "/ may not include " part[2] "/")
        }
        /^#include/ {
            library = $2
            gsub(/[<">]/, "", library)
            if (library ~ /\.pb-c\.h$/) library = "protobuf-c"
            else if (library ~ /^(libpq-|pg_config)/) library = "libpq"
            else sub(/(\/.*|\.h)$/, "", library)
            if (library in only && index(only[library], " " layer " ") == 0)
                breach(layer "/ may not include " $2)
        }
        layer == "core" && /[^_a-z](malloc|calloc|realloc|free|time|clock_gettime|rand|getenv|fopen|printf|fprintf)\(/ {
            breach("core/ is pure")
        }
        /(^|[^_a-z>.])(strcpy|strcat|strncpy|strncat|sprintf|vsprintf|strtok|gets|alloca|atoi|atol|atoll|gmtime|localtime|ctime|asctime|rand|srand)\(/ {
            breach("banned call")
        }
        /FIXME|(^|[^X])XXX([^X]|$)/ { breach("leftover") }
        END { if (NR > 400) breach("over 400 lines") }
    ' "$1"
}

check_layer() {
    find "src/$1" "include/mentor/$1" -name '*.[ch]' 2>/dev/null | while read -r file; do
        check_file "$file" "$1" "$2"
    done
}

breaches=$(
    # layer: the layers below it
    while read -r layer below; do
        check_layer "$layer" "$below"
    done <<-'LAYERS'
	base
	core     base
	port     core base
	wire     port core base
	rulebook core base
	kafka    port core base
	pg       port core base
	http     port core base
	app      port wire rulebook core base
	LAYERS
    for file in src/main.c src/wiring.c src/wiring.h; do
        [ ! -f "$file" ] || check_file "$file" main ""
    done
    for folder in src/*/ include/mentor/*/; do
        case " base core port wire rulebook kafka pg http app " in
            *" $(basename "$folder") "*) ;;
            *) echo "${folder%/}:1: a layer that tests/tidy/tidy.sh does not know" ;;
        esac
    done
    find include/mentor -name '*.h' | while read -r file; do
        guard=$(printf '%s' "${file#include/}" | tr 'a-z/.' 'A-Z__')
        grep -q "^#ifndef $guard\$" "$file" || echo "$file:1: guard is not $guard"
    done
    for file in src/core/*.c; do
        name=$(basename "$file" .c)
        [ -f "tests/unit/${name}_test.c" ] || echo "$file:1: no tests/unit/${name}_test.c"
    done
    grep -rnIE --exclude-dir=build --exclude-dir=.git --exclude-dir=__pycache__ '(^|[^A-Za-z0-9._$}/-])/(work|farm)/' . |
        sed -E 's/^(\.\/)?([^:]*:[0-9]+):.*/\2: a path of a machine/' || true
)
[ -z "$breaches" ] && exit 0
printf '%s\n' "$breaches"
exit 1
