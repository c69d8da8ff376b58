# What new objects get: owners of links, groups of set-gid directories, rights under odd umasks, set-id programs.
mkdir -p /tmp/owners; cd /tmp/owners; umask 022
ls -ld . >/dev/null
show() { stat -c '%A %u:%g %F %s %n' "$@"; }
ln -s target link; show link; chown -h 5:6 link; show link; readlink link; mv link moved; show moved; chown -h :7 moved; show moved; chown -h 0:0 moved; show moved
ln -s a hard1; chown -h 9 hard1; ln hard1 hard2 && show hard1 hard2
mkdir shared; chown 3:44 shared; chmod 2775 shared; cd shared
touch file; mkdir dir; ln -s x link; mkfifo pipe; mknod dev c 1 3; touch dir/inner; mkdir dir/deep; show file dir link pipe dev dir/inner dir/deep; cp -r dir copy; show copy copy/deep; cd ..
for m in 0777 0700 0477 0277; do (umask $m; umask; touch f$m; mkdir d$m; ln -s x l$m; mkfifo p$m; echo in >d$m/in; cat d$m/in; show f$m d$m l$m p$m d$m/in; echo more >>f$m; cat f$m; sh -c 'umask; touch g$0; ls -l g$0 | cut -c1-10' $m; mkdir -p n$m/n/n 2>&1; show n$m n$m/n); done
cd /; for m in 0777; do (umask $m; mkdir -p /usr/share /var/mail; mkdir /usr/share/new$m; touch /usr/share/new$m/x /var/mail/y; show /usr/share/new$m /usr/share/new$m/x /var/mail/y; rm -r /usr/share/new$m /var/mail/y); done
