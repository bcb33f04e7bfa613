#!/bin/sh
# Summarises the readings per sensor. Runs in any image with sh and awk, and without a container.
set -eu
here=$(dirname "$0")
printf '\033[1mReading\033[0m %s\n' "$here/readings.csv"
awk -F, '
  NR > 1 { n[$2]++; sum[$2] += $3; if (n[$2] == 1 || $3 > max[$2]) max[$2] = $3; if (n[$2] == 1 || $3 < min[$2]) min[$2] = $3 }
  END { print "sensor,readings,mean,min,max"; for (s in n) printf "%s,%d,%.2f,%.2f,%.2f\n", s, n[s], sum[s] / n[s], min[s], max[s] }
' "$here/readings.csv" > out/summary.csv
cat out/summary.csv
printf '\033[32mDone.\033[0m The summary is in the output folder: out/summary.csv\n'
