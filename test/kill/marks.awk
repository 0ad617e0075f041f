# SPDX-License-Identifier: MIT
# What the marks that steps left say about promises 3 and 5.
#   awk -v before=N -v recorded="KEY KEY ..." -f marks.awk MARKS
# before: how many lines there were when the driver was killed. recorded: keys whose outcome was in the
# history then. Prints a line for each broken promise.
{
	word = $1; key = $2; pid = $4
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
