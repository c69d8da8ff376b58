#$ -N exposed
PATH=/usr/bin:/bin:$1
tool-cat /where
tool-cat names | sort -r | tool-sh -c 'read a; read b; echo "$a" "$(echo "$b" | tr a-z A-Z)"'
seq 8 | xargs -P8 -I{} tool-cat /where | uniq -c | sed -e 's/^ *//' -e 's/ / of /'
echo "moved: $(tool-sh -c pwd)"
[ -e /where ] || echo "host has no /where"
tool-sh -c 'exit 7'
