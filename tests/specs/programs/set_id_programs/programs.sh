# Set-id programs of the image run as their owners, as in docker; so su and setpriv work for other users than root.
cp /usr/bin/id /usr/bin/id-as; chown 7:8 /usr/bin/id-as; chmod 6755 /usr/bin/id-as; cp /bin/sh /bin/suid-sh; chmod 4755 /bin/suid-sh
setpriv --reuid 33 --regid 33 --clear-groups sh -c 'id; id-as; suid-sh -p -c "id; touch /root/as-root; stat -c %u:%g /root/as-root"; id-as | head -1; sh -c id'
ls -l /bin/su; su -s /bin/sh www-data -c 'id; su -s /bin/sh root -c id </dev/null 2>&1 | head -2'
setpriv --reuid 33 --regid 33 --init-groups id
setpriv --reuid 33 --inh-caps -all --clear-groups --regid 33 id
runuser -u games -- id
