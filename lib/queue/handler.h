/* Programs that run tasks: the process, and the lines it is told and answers.  For the files of
 * this room that supervise them. */
#ifndef JP_QUEUE_HANDLER_H
#define JP_QUEUE_HANDLER_H

#include <sys/types.h>

#include "base/base.h"

/* ---- bounded lines (line.c), pure ------------------------------------------------------------ */

/* Bytes in, lines out.  A line longer than max is dropped whole and counted. */
typedef struct jp_linebuf {
	GByteArray *bytes; /* of the line that is not whole yet */
	gsize max;
	gboolean skipping; /* inside a line that was too long */
	guint n_long;
} jp_linebuf;

void jp_linebuf_init(jp_linebuf *b, gsize max);
/* Calls line for every whole line, without its newline, NUL-terminated beyond len. */
void jp_linebuf_feed(jp_linebuf *b, const void *data, gsize len,
    void (*line)(const char *text, gsize len, gpointer data), gpointer user);
void jp_linebuf_clear(jp_linebuf *b);

/* ---- the protocol of batch mode (line.c), pure ----------------------------------------------- */

typedef enum jp_answer_status {
	JP_TASK_ANSWER_DONE,
	JP_TASK_ANSWER_RETRY,
	JP_TASK_ANSWER_DEAD,
} jp_answer_status;

typedef struct jp_task_answer {
	gint64 id;
	jp_answer_status status;
	gint64 retry_in;      /* ms; -1: the back-off decides */
	char *error, *result; /* NULL: none */
} jp_task_answer;

/* Reads {"id":17,"status":"done"|"retry"|"dead","retry_in":"90s"|90,"error":"...","result":...}.
 * An error says what is wrong with it.  Clear with jp_task_answer_clear either way. */
gboolean jp_task_answer_parse(jp_task_answer *out, const char *text, gsize len, GError **error);
void jp_task_answer_clear(jp_task_answer *a);
/* The line itself, with its newline; retry_in -1 and NULLs are left out. */
char *jp_task_answer_write(const jp_task_answer *a); /* g_free */
/* The retry_in of the last line of a handler's output, when that is such an object; else -1. */
gint64 jp_task_retry_in(const void *output, gsize len);

/* What a task is told as, to its handler. */
typedef struct jp_task_facts {
	gint64 id, attempt, max_attempts, created_at;
	const char *type, *key, *subscriber; /* key and subscriber may be NULL */
	const char *payload;                 /* JSON on one line */
} jp_task_facts;

/* Appends the task as a line of batch mode. */
void jp_task_facts_line(const jp_task_facts *t, GString *out);
/* The facts as JP_TASK_... in a copy of env (g_strfreev). */
char **jp_task_facts_env(const jp_task_facts *t, char **env);

/* ---- how a process ended (line.c), pure ------------------------------------------------------ */

typedef enum jp_end_kind {
	JP_ENDED_DONE,
	JP_ENDED_RETRY,
	JP_ENDED_DEAD,
	JP_ENDED_NOT_RUN, /* 126, 127: the command could not be run, which is not the task's fault
			   */
} jp_end_kind;

/* What a status of wait(2) means for the task of a process of its own; *why (g_free; NULL when
 * done) is a line for the task. */
jp_end_kind jp_task_judge(int status, char **why);

/* ---- what ends handlers when we are killed (keeper.c) ---------------------------------------- */

typedef struct jp_keeper {
	pid_t pid;
	int fd; /* ends the process when it is closed; -1: there is none */
} jp_keeper;
/* Call it before anything is opened that others should not hold open. */
gboolean jp_keeper_start(jp_keeper *k, GError **error);
/* A process group begins, or is gone. */
void jp_keeper_tell(int fd, pid_t group, gboolean is_gone);
void jp_keeper_stop(jp_keeper *k); /* kills what is left */

/* ---- the process (handler.c) ----------------------------------------------------------------- */

/* The last bytes of what a handler said. */
typedef struct jp_tail {
	GByteArray *bytes;
	gsize max;
} jp_tail;
void jp_tail_add(jp_tail *t, const void *data, gsize len);
const guint8 *jp_tail_get(const jp_tail *t, gsize *len);

typedef struct jp_handler {
	pid_t pid;      /* and its process group; 0 once it is gone */
	int in, out;    /* ours; -1: closed.  out is stdout, and stderr too unless err is there */
	int err;        /* stderr, when stdout speaks the protocol */
	GString *input; /* not yet written */
	gsize written;
	gboolean closing; /* stdin ends behind it */
	jp_tail tail;     /* of out, or of err */
	int keeper;       /* of jp_keeper; borrowed; -1: none */
	int status;       /* of wait(2), once pid is 0 */
} jp_handler;

/* Starts argv with exactly env, in a process group of its own, with no descriptor of ours but the
 * pipes, its signals as by default; it is killed when we die.  split: stderr has a pipe of its own.
 * What it starts in its group is killed with it, by the keeper (its descriptor; -1: none) when that
 * is because of our own end.  NULL when there are no processes or descriptors left. */
jp_handler *
jp_handler_start(const char *const *argv, char **env, gboolean split, int keeper, GError **error);
/* Queues bytes for stdin and writes what it takes now; never blocks.  last: stdin is closed behind
 * them.  A handler that does not read is no error. */
void jp_handler_write(jp_handler *h, const char *data, gsize len, gboolean last);
void jp_handler_flush(jp_handler *h); /* stdin can be written again */
/* TRUE while bytes wait for stdin to be writable. */
gboolean jp_handler_wants_write(const jp_handler *h);
/* Reads what is there, at most 64 KiB, into buf (of JP_HANDLER_READ bytes); 0 when there is nothing
 * more for now.  is_err picks the pipe. */
#define JP_HANDLER_READ (64 * JP_KIB)
gsize jp_handler_read(jp_handler *h, gboolean is_err, void *buf);
void jp_handler_signal(jp_handler *h, int sig); /* to its whole group */
/* TRUE when the process has ended: what is left of its group is killed, its status kept. */
gboolean jp_handler_reap(jp_handler *h);
/* Kills what lives and frees; NULL is fine. */
void jp_handler_free(jp_handler *h);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_handler, jp_handler_free)

#endif
