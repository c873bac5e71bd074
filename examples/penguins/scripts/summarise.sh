#!/bin/sh
# Summarise one measure of the penguins, group by group.
#
# usage: GROUP_BY=COLUMN [MEASURE=COLUMN] [DECIMALS=N] summarise.sh CLEANED SUMMARY

set -eu

cleaned=${1:?the cleaned CSV file}
summary=${2:?where to write the summary}
: "${GROUP_BY:?the column to group by, such as island or sex}"
measure=${MEASURE:-body_mass_g}
decimals=${DECIMALS:-1}

# The same decimal point and the same order everywhere.
LC_ALL=C
export LC_ALL

# Prints the position of column $1.
position() {
    head -n 1 "$cleaned" | tr , '\n' | grep -nxF -e "$1" | cut -d : -f 1
}

# Ends the script unless column $1 was found at position $2.
require() {
    if [ -z "$2" ]; then
        echo "no column $1 in $cleaned" >&2
        exit 1
    fi
}

group=$(position "$GROUP_BY")
require "$GROUP_BY" "$group"
value=$(position "$measure")
require "$measure" "$value"

mkdir -p "$(dirname "$summary")"
{
    echo "$GROUP_BY,count,mean_$measure,min_$measure,max_$measure"
    tail -n +2 "$cleaned" |
        awk -F , -v group="$group" -v value="$value" -v decimals="$decimals" '
            {
                name = $group
                number = $value + 0
                if (!(name in count) || number < least[name]) least[name] = number
                if (!(name in count) || number > most[name]) most[name] = number
                total[name] += number
                count[name]++
            }
            END {
                real = ",%." decimals "f"
                format = "%s,%d" real real real "\n"
                for (name in count)
                    printf format, name, count[name], total[name] / count[name], least[name], most[name]
            }' |
        sort -t , -k 1,1
} >"$summary"

echo "summarised $measure by $GROUP_BY"
