/* The engine's words: error texts and its one way to die with a message.
 * fatal() is only for the time before the guest runs: afterwards its streams are its own.
 */
#include "start.h"
#include <errno.h>
#include <stdarg.h>
#include <sys/syscall.h>

const char *errno_text(long error)
{
    switch (error < 0 ? -error : error) {
    case ENOENT: return "no such file or directory";
    case EACCES: return "permission denied";
    case EPERM: return "operation not permitted";
    case ENOEXEC: return "exec format error";
    case ENOTDIR: return "not a directory";
    case EISDIR: return "is a directory";
    case ELOOP: return "too many levels of symbolic links";
    case ENOMEM: return "cannot allocate memory";
    case ENAMETOOLONG: return "file name too long";
    case EROFS: return "read-only file system";
    case EMFILE: return "too many open files";
    case ENOSPC: return "no space left on device";
    case E2BIG: return "argument list too long";
    case EINVAL: return "invalid argument";
    case EEXIST: return "its address range is taken";
    case EIO: return "input/output error";
    default: return "system call failed";
    }
}

/* One write, so that lines of parallel starts do not mix. */
void fatal(int status, ...)
{
    static char line[2048];
    size_t used = 0;
    va_list list;
    va_start(list, status);
    for (const char *part = "lpmx: "; part; part = va_arg(list, const char *))
        while (*part && used < sizeof line - 1)
            line[used++] = *part++;
    va_end(list);
    line[used++] = '\n';
    sys3(SYS_write, 2, line, used);
    for (;;)
        sys1(SYS_exit_group, status);
}
