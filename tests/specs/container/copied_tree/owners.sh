# 70 files of as many users, made once; then who the first and the last are.
if [ ! -e /srv/made ]; then
  i=1001
  while [ $i -le 1070 ]; do
    echo $i >/srv/$i
    chown $i:$i /srv/$i
    i=$((i + 1))
  done
  chmod 4755 /srv/1070
  touch /srv/made
fi
echo "$(stat -c %u /srv/1001)" "$(stat -c %u /srv/1069)" "$(stat -c '%u %a' /srv/1070)" "$(stat -c %g /srv/1070)"
