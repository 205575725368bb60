# Reads package lists as comma-separated values: name,version,architecture,KiB,section,priority.
# Writes a report to stdout and two tables to the folder in the variable `out`. Needs gawk (sorted traversal).
BEGIN {
    FS = ","
    PROCINFO["sorted_in"] = "@ind_str_asc"
}

FNR == 1 && $1 == "name" { next }

NF != 6 || $4 !~ /^[0-9]*$/ {
    printf "report: line %d is not name,version,architecture,KiB,section,priority\n", FNR > "/dev/stderr"
    bad = 1
    exit 65
}

{
    packages++
    total += $4
    section = $5
    sub(/.*\//, "", section)
    number[section]++
    size[section] += $4
    priority[$6]++
    each[$1] = $4 + 0
    if ($4 > 0)
        class[int(log($4) / log(4) + 1e-9)]++
}

END {
    if (bad)
        exit 65
    printf "%d packages, %.1f MiB\n", packages, total / 1024

    print "\n   MiB  packages  section"
    print "section,packages,KiB" > (out "/sections.csv")
    # Largest first; equals by name, so that the same list always gives the same report.
    PROCINFO["sorted_in"] = "largest_first"
    for (s in size) {
        printf "%s,%d,%d\n", s, number[s], size[s] > (out "/sections.csv")
        if (++shown <= 12)
            printf "%6.1f  %8d  %s\n", size[s] / 1024, number[s], s
    }

    print "\n   MiB  package"
    print "package,KiB" > (out "/largest.csv")
    shown = 0
    for (p in each) {
        if (++shown > 10)
            break
        printf "%6.1f  %s\n", each[p] / 1024, p
        printf "%s,%d\n", p, each[p] > (out "/largest.csv")
    }

    print "\n  from KiB  packages"
    PROCINFO["sorted_in"] = "@ind_num_asc"
    for (c in class)
        printf "%10d  %8d %s\n", 4 ^ c, class[c], bar(class[c] / packages)

    print "\npriority"
    PROCINFO["sorted_in"] = "@ind_str_asc"
    for (p in priority)
        printf "%8d  %s\n", priority[p], p
}

function largest_first(name, value, other_name, other_value) {
    if (value + 0 != other_value + 0)
        return value + 0 < other_value + 0 ? 1 : -1
    return name < other_name ? -1 : name > other_name
}

function bar(share,    text, i) {
    for (i = 0; i < share * 60; i++)
        text = text "#"
    return text
}
