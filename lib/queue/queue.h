/*
 * queue: durable tasks in the database, for any program.  Knows no domain: a task has a type, a
 * JSON payload, and what decides when it is somebody's turn.
 *
 * The life of a task:
 *
 *	delayed   not before its time; becomes waiting when the time has come
 *	waiting   anybody's who claims tasks of its type
 *	running   one worker's until its lease ends; then waiting again, or dead when it has no
 *	          attempts left ("lost its worker")
 *	done      finished; kept until gc
 *	dead      failed for good; kept until dropped or retried
 *	buried    set aside by a person; kept until kicked or dropped
 *
 * Rules that hold at every commit:
 * - A key is unique in its type while the task is delayed, waiting or running.
 * - A write by a lease's holder names worker and lease number, comes before the lease's end by the
 *   database's clock, and touches one row; else it is refused and changes nothing.
 * - Attempts are counted when a task is claimed; one given back was not an attempt.
 * - Everything here runs in the caller's transaction unless it says that it makes its own.  `now`
 *   is jp_db_now().
 *
 * The order in a type: a task is placed when it becomes waiting, at its time (`run_at`) less a
 * minute (JP_QUEUE_STEP) for each point of priority, and whoever has the earliest place is next.
 * Places do not move, so a task of any priority is overtaken only by those that come within so many
 * minutes: nothing starves.  Tasks that name a subscriber share their type fairly (start-time fair
 * queueing): each is placed a turn after the same subscriber's last, and a newcomer beside the one
 * whose turn is next, so that ten thousand tasks of one subscriber delay another's by one.
 */
#ifndef JP_QUEUE_H
#define JP_QUEUE_H

#include "db/db.h"
#include "text/text.h"

#define JP_QUEUE_NEVER G_MAXINT64
/* What a point of priority is worth, in ms of waiting; priorities are from -1000 to 1000. */
#define JP_QUEUE_STEP         JP_MINUTE
#define JP_QUEUE_MAX_PRIORITY 1000
/* Leases are at most so long, so that a clock put back cannot make one endless. */
#define JP_QUEUE_MAX_LEASE    JP_HOUR
#define JP_QUEUE_MAX_ATTEMPTS 1000
#define JP_QUEUE_MAX_DELAY    (3650 * JP_DAY)

typedef enum jp_task_state {
	JP_TASK_DELAYED,
	JP_TASK_WAITING,
	JP_TASK_RUNNING,
	JP_TASK_DONE,
	JP_TASK_DEAD,
	JP_TASK_BURIED,
	JP_TASK_N_STATES,
} jp_task_state;
const char *jp_task_state_word(jp_task_state state); /* borrowed for ever */
gboolean jp_task_state_from_word(const char *word, jp_task_state *out);

/* ---- adding (add.c) ---------------------------------------------------------------------------
 */

/* What happens to a task whose key another task has that is delayed, waiting or running. */
typedef enum jp_queue_clash {
	JP_QUEUE_SKIP,    /* the new one is left out */
	JP_QUEUE_REPLACE, /* it replaces the other, which keeps its id and starts afresh */
	JP_QUEUE_FAIL,    /* it is refused */
} jp_queue_clash;
gboolean jp_queue_clash_from_word(const char *word, jp_queue_clash *out);

typedef struct jp_task_new {
	const char *type;       /* a-z 0-9 _ -, a letter first, at most JP_MAX_TASK_TYPE */
	const char *payload;    /* JSON on one line, see jp_task_payload(); NULL: null */
	const char *key;        /* NULL: none */
	const char *subscriber; /* whose share of the type it takes; NULL: nobody's */
	gint64 priority;        /* higher is sooner */
	gint64 run_at;          /* 0: at once */
	gint64 max_attempts;    /* 0: what the type's configuration says */
	jp_queue_clash clash;
} jp_task_new;

typedef enum jp_queue_added {
	JP_QUEUE_ADDED,
	JP_QUEUE_SKIPPED,  /* *id is the other's */
	JP_QUEUE_REPLACED, /* *id is the other's, which is now this */
	JP_QUEUE_CLASHED,  /* *id is the other's; FAIL, or REPLACE while the other runs */
} jp_queue_added;

/* Adds a task in the caller's transaction: it is there when that commits (JP_TX_DURABLE if
 * somebody is told so).  What is in `task` must have passed jp_task_check; borrows for the call. */
jp_queue_added jp_queue_add(jp_db *db, const jp_task_new *task, gint64 now, gint64 *id);
/* For a transaction that adds several tasks with keys in no order of the keys, before the first:
 * until its end nobody else adds one with a key, so that no two wait for each other. */
void jp_queue_lock_keys(jp_db *db);

/* Whether a task from outside may be added: words, bounds, the payload's JSON. */
gboolean jp_task_check(const jp_task_new *task, GError **error);
/* Text becomes a payload: one JSON value (RFC 8259) of at most JP_MAX_PAYLOAD bytes of UTF-8, on
 * one line, numbers as they were written.  NULL and *error otherwise.  Free with g_free. */
char *jp_task_payload(const char *text, gsize len, GError **error);
/* Reads a line of JSON, {"type","payload","key","subscriber","priority","at"|"delay",
 * "max_attempts","clash"}; what is missing or null is as in `defaults` (NULL: none), and delays
 * count from now.  Borrows the strings of defaults; clear what was read with jp_task_line_clear. */
typedef struct jp_task_line {
	jp_task_new task; /* passed jp_task_check */
	cJSON *json;
	char *payload;
} jp_task_line;
gboolean jp_task_line_parse(jp_task_line *out, const char *line, gsize len,
    const jp_task_new *defaults, gint64 now, GError **error);
void jp_task_line_clear(jp_task_line *line);

/* ---- limits (rate.c) --------------------------------------------------------------------------
 */

/* What bounds the claims of a type; all hold together.  A rate of n a window is never exceeded in
 * any span of that length, wherever it begins. */
typedef struct jp_queue_limits {
	gint64 concurrency;                   /* running at once, on all machines; 0: any number */
	const jp_quotas *rate;                /* tasks of the type started; NULL: any */
	const jp_quotas *rate_per_key;        /* of one key; tasks without one are free; NULL */
	const jp_quotas *rate_per_subscriber; /* of one subscriber; the same */
} jp_queue_limits;

/* ---- working (claim.c, finish.c) --------------------------------------------------------------
 */

/* A task in a worker's hands. */
typedef struct jp_task {
	gint64 id, lease_no, lease_until;
	char *type, *payload;
	char *key, *subscriber; /* NULL: none */
	gsize payload_len;
	gint64 priority, created_at, run_at;
	gint64 attempt;      /* this one, from 1 */
	gint64 max_attempts; /* the task's own, else the type's */
} jp_task;
void jp_task_free(jp_task *task); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_task, jp_task_free)

typedef struct jp_queue_ask {
	const char *type;
	guint limit;         /* tasks at most; 0 only looks after the type */
	gint64 lease_ms;     /* up to JP_QUEUE_MAX_LEASE */
	gint64 max_attempts; /* of tasks that have no number of their own; from 1 */
	jp_queue_limits limits;
} jp_queue_ask;

/*
 * Looks after the type (tasks whose time has come become waiting, those that lost their worker
 * waiting or dead) and claims for jp_worker() what is next and within the limits; appends jp_task
 * to `into`, in order.  Gives their number.  In a JP_TX_WRITE transaction, or together with
 * jp_queue_finish in a durable one: claims need not survive a power cut.
 *
 * Exact: the rows that limits are counted by are locked until the commit, so no two claims, in
 * whatever process or machine, go over.
 *
 * *again_at (may be NULL) tells from when on another claim can bring more, as far as is known now:
 * now, when as many were given as were asked for; else a delayed task's time, a lease's end or room
 * in a window; JP_QUEUE_NEVER when only a new, finished or resumed task can.  A type whose tasks
 * are left for concurrency alone gives the end of the lease that runs out first.
 */
guint
jp_queue_claim(jp_db *db, const jp_queue_ask *ask, gint64 now, GPtrArray *into, gint64 *again_at);

typedef enum jp_task_outcome {
	JP_TASK_END_DONE,
	JP_TASK_END_RETRY, /* delayed until run_at, or dead if this was its last attempt */
	JP_TASK_END_DEAD,
	JP_TASK_END_BACK, /* not begun: waiting in its old place, the attempt not counted */
} jp_task_outcome;

typedef struct jp_task_end {
	gint64 id, lease_no;
	jp_task_outcome outcome; /* set to DEAD for a RETRY of the last attempt */
	gint64 run_at;           /* RETRY */
	gint64 max_attempts;     /* RETRY: of tasks that have no number of their own; from 1 */
	const char *error;       /* RETRY, DEAD: why, one line; kept up to JP_MAX_TASK_ERROR */
	const void *output; /* RETRY, DEAD: what the handler said; the last JP_MAX_TASK_OUTPUT */
	gsize output_len;
	const char *result; /* DONE: a line of result, kept up to JP_MAX_TASK_RESULT; NULL */
	gboolean accepted;  /* set: FALSE when the lease was over or somebody else's */
} jp_task_end;

/* Ends many tasks of jp_worker() at once, each lease once; gives the number accepted.  In a
 * JP_TX_DURABLE transaction: what was done is not done again. */
guint jp_queue_finish(jp_db *db, jp_task_end *ends, guint n, gint64 now);

typedef struct jp_task_lease {
	gint64 id, lease_no;
	gboolean held; /* set: FALSE when it was over; the task may be another's by now */
} jp_task_lease;

/* Holds tasks until lease_until; gives the number still held. */
guint jp_queue_renew(jp_db *db, jp_task_lease *leases, guint n, gint64 lease_until, gint64 now);

/* When a claim of these types (a NULL-terminated vector) can first bring something, limits and
 * concurrency aside: now or earlier when tasks wait, JP_QUEUE_NEVER when there is nothing.  Paused
 * types do not count.  Only reads; a transaction is not needed. */
gint64 jp_queue_next_at(jp_db *db, const char *const *types, gint64 now);

typedef struct jp_queue_counts {
	gint64 waiting;     /* due ones not yet made waiting among them; counted up to 10,000 */
	gint64 running;     /* in all processes, on all machines; those whose lease is over, too */
	gint64 next_run_at; /* since when the task that is next has been due; JP_NO_TIME: none */
	gboolean is_paused;
} jp_queue_counts;
/* For scaling; only reads, and no more than it must. */
void jp_queue_count(jp_db *db, const char *type, gint64 now, jp_queue_counts *out);

/* A descriptor that becomes readable when another process on this machine may have committed
 * something (a new task, one finished), so that a worker can sleep in poll(); -1 where there is no
 * such thing (a database server): then only the time tells, with a bound of a second or so.
 * Belongs to the caller, who closes it. */
int jp_queue_watch(const jp_db *db);
/* Empties it: call before the claim whose finding nothing sends the worker to sleep. */
void jp_queue_watch_clear(int fd);

/* A type's tasks are not claimed until it is resumed; those that run go on.  FALSE: it was so
 * already. */
gboolean jp_queue_pause(jp_db *db, const char *type, gint64 now);
gboolean jp_queue_resume(jp_db *db, const char *type);
gboolean jp_queue_is_paused(jp_db *db, const char *type);

/* ---- reading tasks to add (intake.c) ----------------------------------------------------------
 */

enum jp_queue_add_column {
	JP_QUEUE_ADD_COL_ID,
	JP_QUEUE_ADD_COL_OUTCOME, /* added, skipped, replaced */
	JP_QUEUE_ADD_COL_LINE,    /* of stdin; none for a task of the command line */
	JP_QUEUE_ADD_N_COLS,
};
extern const jp_column jp_queue_add_columns[JP_QUEUE_ADD_N_COLS];

/* Adds one task in a durable transaction of its own and tells it; FALSE and *error when it may not
 * be added. */
gboolean jp_queue_add_one(jp_db *db, const jp_task_new *task, jp_table *out, GError **error);

typedef struct jp_queue_intake {
	guint64 n_added, n_bad; /* skipped and replaced ones are added, too */
} jp_queue_intake;

/* Adds a task for each line of JSON of fd, in durable transactions of its own.  A line is the
 * payload of a task as in `defaults`, or, when those have no type, a task (jp_task_line_parse).  As
 * many lines as have come, up to thousands, share a commit, so that one producer does not wait for
 * more and a hundred wait for one.  Rows are told after it; a bad line is warned of with its
 * number.  FALSE when reading failed. */
gboolean jp_queue_add_lines(jp_db *db, int fd, const jp_task_new *defaults, jp_table *out,
    jp_queue_intake *told, GError **error);

/* ---- asking (ask.c) ---------------------------------------------------------------------------
 */

/* Which tasks; NULL and 0 ask nothing. */
typedef struct jp_queue_filter {
	const char *type, *state, *key, *subscriber, *worker;
	gint64 since, until; /* done, dead, buried: when they became so; others: when added */
} jp_queue_filter;

enum jp_queue_column {
	JP_QUEUE_COL_ID,
	JP_QUEUE_COL_TYPE,
	JP_QUEUE_COL_STATE,
	JP_QUEUE_COL_AT, /* the time its state goes by: run_at, the lease's end, when it ended */
	JP_QUEUE_COL_ATTEMPTS,
	JP_QUEUE_COL_PRIORITY,
	JP_QUEUE_COL_KEY,
	JP_QUEUE_COL_SUBSCRIBER,
	JP_QUEUE_COL_WORKER,
	JP_QUEUE_COL_CREATED_AT,
	JP_QUEUE_COL_ERROR,
	JP_QUEUE_N_COLS,
};
extern const jp_column jp_queue_columns[JP_QUEUE_N_COLS];

/* Tells tasks, the newest first; behind the id `after` (0: from the first), which is the cursor: a
 * page begins behind the last id of the one before, whatever was added or dropped meanwhile. */
void jp_queue_list(jp_db *db, const jp_queue_filter *filter, gint64 after, gint64 offset,
    gint64 limit, jp_table *out);
/* How many there are. */
gint64 jp_queue_matching(jp_db *db, const jp_queue_filter *filter);

/* Tells all of one task on stdout, as a list of facts or as JSON; FALSE: there is none. */
gboolean jp_queue_show(jp_db *db, gint64 id, jp_table_mode mode);

enum jp_queue_stat_column {
	JP_QUEUE_STAT_COL_TYPE,
	JP_QUEUE_STAT_COL_WAITING,
	JP_QUEUE_STAT_COL_DELAYED,
	JP_QUEUE_STAT_COL_RUNNING,
	JP_QUEUE_STAT_COL_DONE,
	JP_QUEUE_STAT_COL_DEAD,
	JP_QUEUE_STAT_COL_BURIED,
	JP_QUEUE_STAT_COL_SINCE, /* since when the next task has been due */
	JP_QUEUE_STAT_COL_PAUSED,
	JP_QUEUE_STAT_N_COLS,
};
extern const jp_column jp_queue_stat_columns[JP_QUEUE_STAT_N_COLS];
/* Tells a row a type that has tasks or is paused. */
void jp_queue_stats(jp_db *db, gint64 now, jp_table *out);

/* ---- changing by hand (change.c) --------------------------------------------------------------
 */

typedef enum jp_queue_verb {
	JP_QUEUE_RETRY, /* dead ones wait again, with all their attempts */
	JP_QUEUE_KICK,  /* buried and delayed ones wait */
	JP_QUEUE_BURY,  /* delayed and waiting ones are set aside */
	JP_QUEUE_DROP,  /* all but running ones are removed */
} jp_queue_verb;

typedef enum jp_queue_changed {
	JP_QUEUE_CHANGED,
	JP_QUEUE_NO_TASK,
	JP_QUEUE_WRONG_STATE, /* said in *state */
	JP_QUEUE_KEY_TAKEN,   /* another task has its key by now */
} jp_queue_changed;

/* Changes one task in the caller's transaction; *state is what it was. */
jp_queue_changed
jp_queue_change(jp_db *db, jp_queue_verb verb, gint64 id, gint64 now, jp_task_state *state);

enum jp_queue_change_column {
	JP_QUEUE_CHANGE_COL_ID,
	JP_QUEUE_CHANGE_COL_WAS, /* its state before */
	JP_QUEUE_CHANGE_N_COLS,
};
extern const jp_column jp_queue_change_columns[JP_QUEUE_CHANGE_N_COLS];

/* Changes all that the filter finds and the verb is for, in transactions of its own; gives their
 * number.  A dry run tells and changes nothing. */
gint64 jp_queue_change_all(
    jp_db *db, jp_queue_verb verb, const jp_queue_filter *filter, gboolean dry_run, jp_table *out);

/* What jp_queue_edit may change; NULL and JP_NO_INT leave it. */
typedef struct jp_task_edit {
	const char *payload; /* passed jp_task_payload() */
	gint64 priority, run_at, max_attempts;
} jp_task_edit;
/* Changes a task that is delayed, waiting or buried, in the caller's transaction. */
jp_queue_changed
jp_queue_edit(jp_db *db, gint64 id, const jp_task_edit *edit, gint64 now, jp_task_state *state);

/* ---- the command line's verbs (command.c) -----------------------------------------------------
 */

/* What options ask for, of every verb. */
typedef struct jp_queue_asked {
	const struct jp_common *common;
	jp_queue_filter filter; /* since and until are spans, from now back */
	gint64 after, offset, limit;
	gboolean all;
} jp_queue_asked;

/* Each says what is wrong and gives an exit code; names and words are NULL-terminated. */
int jp_queue_list_asked(jp_db *db, const jp_queue_asked *asked);
int jp_queue_show_asked(jp_db *db, const char *id, const jp_queue_asked *asked);
/* words: TYPE, TYPE PAYLOAD, TYPE -, or -. */
int jp_queue_add_asked(jp_db *db, const char *const *words, const char *clash, jp_task_new task,
    const jp_queue_asked *asked);
/* The tasks named, or else those that the filter finds. */
int jp_queue_change_asked(
    jp_db *db, jp_queue_verb verb, const char *const *names, const jp_queue_asked *asked);
int jp_queue_edit_asked(jp_db *db, const char *name, const char *payload, jp_task_edit edit,
    const jp_queue_asked *asked);
int jp_queue_pause_asked(
    jp_db *db, const char *const *types, gboolean pause, const jp_queue_asked *asked);

/* ---- supervising (work.c) -------------------------------------------------------------------- */

typedef struct jp_work {
	const char *config;       /* -C, also for handlers and for reloading; NULL: as always */
	const char *const *types; /* NULL-terminated; NULL: every type that is configured */
	gint64 most;              /* handlers of a type at most; 0: as configured */
	gboolean drain;           /* ends when nothing is left that could run now */
	gboolean once;            /* claims once */
	gint64 duration;          /* ms after which it ends; 0: never */
	guint64 n_done, n_retried, n_dead; /* of tasks; set */
} jp_work;

/*
 * Runs handlers for tasks until told to end: claims by lease, renews leases while handlers live,
 * and writes what several finished in one durable commit that also claims the next.  SIGHUP reads
 * the configuration again; SIGTERM and SIGINT end it within queue.grace; tasks that are then not
 * done go back.  No transaction is open while a handler runs.  Handlers end with the process.
 */
gboolean jp_work_run(jp_work *w, GError **error);

/* ---- being a handler (serve.c) --------------------------------------------------------------- */

/* A task that a handler of batch mode was given on stdin. */
typedef struct jp_served {
	gint64 id;
	const cJSON *payload; /* may be NULL */
	gboolean is_over;     /* it is answered; FALSE: given back when the program ends */
	char *error;          /* it is to be tried again; NULL: it is done.  Owned */
	cJSON *line;          /* the whole task; owned */
} jp_served;
/* error NULL: the task is done; else it is to be tried again.  Copies. */
void jp_served_end(jp_served *t, const char *error);

/* Reads tasks from stdin until its end or jp_stopping(), hands over all that are there, at most
 * max at a time, and answers on stdout those that `work` ended.  Gives an exit code. */
typedef void (*jp_serve_work)(jp_served *const *tasks, guint n, gpointer data);
int jp_serve(guint max, jp_serve_work work, gpointer data);

#endif
