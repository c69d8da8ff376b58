handle SIGSYS nostop noprint pass
backtrace
info sharedlibrary
up
up
print waiting = 0
detach
