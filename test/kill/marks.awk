# SPDX-License-Identifier: MIT
# What the marks that steps left say about promises 2, 3 and 5.
#   awk -v before=N -v recorded="KEY KEY ..." -f marks.awk MARKS
# before: how many lines there were when the driver was killed. recorded: keys whose outcome was in the
# history then, or "unknown". Marks of a driver named "disturbed" are of the one that was killed, whenever they came.
# Prints a line for each broken promise.

# The workflow asks for command FIRST of each of these only once all before it have come to an end; the 13th is no step.
BEGIN {
	waits = split("2 3 4 5 14 15 16 17 18 19 20", first, " ")
}
function check_cause(key, line,	part, cmd, end, i) {
	split(key, part, ".")
	for (i = 1; i <= waits; i++)
		if (first[i] <= part[2] + 0)
			end = first[i] + 0
	for (cmd = 1; cmd < end; cmd++)
		if (cmd != 13 && !index(" " recorded " ", " " part[1] "." cmd "." part[3] " "))
			print "promise 2: began though the outcome of step " cmd " was not on the disk: " line
}
{
	word = $1; key = $2; pid = $4
	if ($5 != "disturbed")
		followed = 1
	else if (followed)
		print "promise 5: the dead driver acted beside the new one: " $0
	else if (word == "begin" && recorded != "unknown")
		check_cause(key, $0)
	if (NR <= before)
		old[pid] = 1
	else if (!(pid in old)) {
		new = 1
		if (word == "begin" && index(" " recorded " ", " " key " "))
			print "promise 3: recorded step ran again: " $0
	} else if (new)
		print "promise 5: a worker of the dead driver acted beside the new one: " $0
	if (word == "begin")
		begun[key]++
	else
		ended[key]++
}
END {
	n = split(once, keys, " ")
	for (i = 1; i <= n; i++)
		if (begun[keys[i]] > 1)
			print "promise 3: at-most-once step " keys[i] " ran " begun[keys[i]] " times"
}
