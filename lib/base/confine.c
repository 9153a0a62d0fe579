/*
 * Giving up rights, for what does nothing any more but read foreign bytes from memory and write to
 * descriptors it has: no network, no other program, no file changed, and bounds on time and core
 * files.  What is forbidden fails with EACCES, as if the user had no right to it.
 *
 * By seccomp(2) where the kernel and the machine are known, else by what setrlimit(2) and prctl(2)
 * can do; a kernel that refuses is no error, for then we are where we were.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "base/base.h"

/* A body of the largest size is parsed in seconds. */
#define CPU_SECONDS 120

/* The sanitizer looks for leaks at the end by tracing its own process. */
#if defined(__SANITIZE_ADDRESS__)
#elif defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#define X32      0x40000000u /* the same machine's second set of numbers */
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef OUR_ARCH

/* Calls that are forbidden whatever their arguments. */
static const guint forbidden[] = {
    SYS_socket,
    SYS_socketpair,
    SYS_connect,
    SYS_bind,
    SYS_listen,
    SYS_execve,
    SYS_execveat,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_mkdirat,
    SYS_mknodat,
    SYS_unlinkat,
    SYS_linkat,
    SYS_symlinkat,
    SYS_renameat2,
    SYS_fchmodat,
    SYS_fchownat,
    SYS_truncate,
    SYS_mount,
    SYS_kill,
    SYS_tgkill,
    SYS_openat2,
    SYS_io_uring_setup,
#ifdef SYS_open
    SYS_open,
    SYS_creat,
    SYS_mkdir,
    SYS_mknod,
    SYS_unlink,
    SYS_rmdir,
    SYS_link,
    SYS_symlink,
    SYS_rename,
    SYS_chmod,
    SYS_chown,
#endif
#ifdef SYS_renameat
    SYS_renameat,
#endif
};

#define N_FORBIDDEN G_N_ELEMENTS(forbidden)
#define DENY        (SECCOMP_RET_ERRNO | EACCES)
#define WRITES      (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)

static void
add(GArray *to, guint16 code, guint32 k, guint8 if_true, guint8 if_false)
{
	struct sock_filter f = BPF_JUMP(code, k, if_true, if_false);

	g_array_append_val(to, f);
}

/* Another machine's calls have other numbers: they are not ours, and none is allowed. */
static GArray *
make_filter(void)
{
	GArray *f = g_array_new(FALSE, FALSE, sizeof(struct sock_filter));

	add(f, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0, 0);
	add(f, BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0);
	add(f, BPF_RET | BPF_K, DENY, 0, 0);
	add(f, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
#ifdef X32
	add(f, BPF_JMP | BPF_JGE | BPF_K, X32, 0, 1);
	add(f, BPF_RET | BPF_K, DENY, 0, 0);
#endif
	for (gsize i = 0; i < N_FORBIDDEN; i++) {
		add(f, BPF_JMP | BPF_JEQ | BPF_K, forbidden[i], 0, 1);
		add(f, BPF_RET | BPF_K, DENY, 0, 0);
	}
	add(f, BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3);
	add(f, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2]), 0, 0);
	add(f, BPF_JMP | BPF_JSET | BPF_K, WRITES, 0, 1);
	add(f, BPF_RET | BPF_K, DENY, 0, 0);
	add(f, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	return f;
}

static void
filter_calls(void)
{
	g_autoptr(GArray) f = make_filter();
	struct sock_fprog program = {
	    .len = (unsigned short)f->len, .filter = (struct sock_filter *)(gpointer)f->data};

	(void)prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program); /* refused: see above */
}

#else

static void
filter_calls(void)
{
}

#endif

void
jp_confine(void)
{
	const struct rlimit none = {0, 0}, cpu = {CPU_SECONDS, CPU_SECONDS + 1};

	/* none of them can be refused, but for a limit that is lower already */
	(void)setrlimit(RLIMIT_NPROC, &none);
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)setrlimit(RLIMIT_CPU, &cpu);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		filter_calls();
}
