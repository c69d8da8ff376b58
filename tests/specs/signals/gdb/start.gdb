handle SIGSYS nostop noprint pass
handle SIGILL nostop noprint pass
set print address off
set startup-with-shell on
break helper
run
backtrace
info sharedlibrary
finish
catch syscall write
continue
delete
break puts
continue
kill
run
backtrace 1
set startup-with-shell off
delete
kill
break main
run
continue
