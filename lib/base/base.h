/*
 * base: what every other room stands on.  Errors and exit codes, messages, the command line, the
 * clock, randomness, files, signals and JSON helpers.  GLib lies underneath.
 *
 * Errors are of three kinds and never mix: bad input is a GError in JP_ERROR that says where and
 * what; an expected outcome is a return value; a broken world or a bug ends the process.
 */
#ifndef JP_BASE_H
#define JP_BASE_H

#include <cjson/cJSON.h>
#include <glib.h>

#include "base/limits.h"

#define JP_VERSION "0.1.0"

/* ---- errors and exit codes (error.c) -------------------------------------------------------- */

/* Codes of the JP_ERROR domain; each is also the exit code of a run that fails with it. */
typedef enum jp_error {
	JP_ERROR_USAGE = 64,       /* the command line */
	JP_ERROR_DATA = 65,        /* input that is broken: JSON, YAML, an address */
	JP_ERROR_UNAVAILABLE = 69, /* a service or a file that is not there */
	JP_ERROR_BUG = 70,         /* ours, or a corrupt database */
	JP_ERROR_TEMP = 75,        /* the same run may succeed later: locked, full disk */
	JP_ERROR_PERM = 77,        /* not permitted */
	JP_ERROR_CONFIG = 78,      /* the configuration or the schema version */
} jp_error;

#define JP_ERROR (jp_error_quark())
GQuark jp_error_quark(void);

/* Gives the exit code for an error: its code in our domain, 75 for ENOSPC and the like, else 70. */
int jp_error_exit(const GError *error);

/* Sets *error in JP_ERROR from errno-like `err`, choosing the code that fits (ENOSPC is TEMP,
 * EACCES is PERM, ENOENT is UNAVAILABLE ...).  The text is "what: strerror".  Returns FALSE. */
gboolean jp_error_errno(GError **error, int err, const char *fmt, ...) G_GNUC_PRINTF(3, 4);

/* ---- messages (log.c) ----------------------------------------------------------------------- */

/* Names the program for messages; sets the locale, the signal handlers and the clock
 * (JP_CLOCK).  Call it first in main. */
void jp_init(const char *program);
const char *jp_program(void); /* borrowed for ever */

/* Says "program: text" on stderr, control bytes escaped; no newline in fmt. */
void jp_warn(const char *fmt, ...) G_GNUC_PRINTF(1, 2);
/* The same, only with -v. */
void jp_info(const char *fmt, ...) G_GNUC_PRINTF(1, 2);
void jp_set_verbose(gboolean verbose);
/* Says the message and ends the process with code: for main and the database's fatal path only. */
void jp_die(int code, const char *fmt, ...) G_GNUC_PRINTF(2, 3) G_GNUC_NORETURN;
/* Reports an error and gives its exit code; a NULL error is a bug.  Borrows error. */
int jp_fail(const GError *error);
/* Flushes and closes stdout and gives the exit code for main: `code`, or 75 when the last write
 * failed.  A reader that went away (EPIPE) is not an error (L03). */
int jp_finish(int code);

/* ---- progress (progress.c) ------------------------------------------------------------------ */

/* Begins as {0}; jp_progress_end() takes the line away again. */
typedef struct jp_progress {
	gint64 next_us;
	gboolean is_shown, has_line;
} jp_progress;
/* Says "program: what: n of of" on stderr now and then, on a terminal and after the first second.
 */
void jp_progress_tell(jp_progress *p, const char *what, gint64 n, gint64 of);
void jp_progress_end(jp_progress *p);

/* ---- threads (thread.c) --------------------------------------------------------------------- */

/* A thread that works beside its starter; lives until the process ends. */
typedef struct jp_thread jp_thread;
/* Runs run(data) in a thread that no signal reaches.  stop(data), called by another one, makes it
 * return soon; at the latest when the process ends.  NULL: there is one processor, or no thread is
 * to be had; whoever wanted one then does its work himself. */
jp_thread *
jp_thread_start(gpointer (*run)(gpointer data), void (*stop)(gpointer data), gpointer data);
/* Stops the thread and waits for its end, once; FALSE: that is the one we are.  NULL is fine. */
gboolean jp_thread_end(jp_thread *t);

/* ---- signals (signal.c) --------------------------------------------------------------------- */

/* TRUE once SIGINT or SIGTERM came (handlers are installed by jp_init): finish the item in hand. */
gboolean jp_stopping(void);

/* ---- clock and randomness (clock.c) --------------------------------------------------------- */

#define JP_SECOND G_GINT64_CONSTANT(1000)
#define JP_MINUTE (60 * JP_SECOND)
#define JP_HOUR   (60 * JP_MINUTE)
#define JP_DAY    (24 * JP_HOUR)

/* Milliseconds since the epoch, UTC.  JP_CLOCK (RFC 3339) freezes it. */
gint64 jp_now(void);
/* Microseconds that only grow, for measuring; not frozen. */
gint64 jp_monotonic_us(void);
/* Reads RFC 3339 and its near kin as met in payloads: "2026-10-01T13:40:19.753+00:00", "...Z",
 * "...+0200", "2026-10-01 13:40:19 UTC", a date alone (midnight UTC, *date_only set; date_only may
 * be NULL), and what jp_time_parse_rfc822 reads.  No zone means UTC; blanks around it are fine.
 * FALSE for anything else or out of range (years 1970 to 9999); *ms is then undefined. */
gboolean jp_time_parse(const char *text, gint64 *ms, gboolean *date_only);
/* RFC 822/1123 dates as feeds have them, wrong weekdays and zone names included ("Thu, 01 Oct 2026
 * 15:40:19 +0200", "1 October 26 13:40 GMT"), and "Fri Oct 09 02:01:00 UTC 2026". */
gboolean jp_time_parse_rfc822(const char *text, gint64 *ms);
/* "2026-10-01T13:40:19Z", with ".753" only when not zero.  Free with g_free. */
char *jp_time_format(gint64 ms);
/* "90s", "15m", "2h", "7d", "2w", "500ms", "1h30m"; FALSE for the rest and for overflow. */
gboolean jp_duration_parse(const char *text, gint64 *ms);
char *jp_duration_format(gint64 ms); /* the shortest exact form; free with g_free */
/* Fills buf from the kernel; JP_TEST_SEED makes it repeatable for tests. */
void jp_random_bytes(void *buf, gsize len);
guint32 jp_random_below(guint32 n); /* uniform in [0, n), n > 0 */

/* ---- back-off (backoff.c), pure; random is 32 uniform bits ------------------------------------
 */

/* Full jitter: anything from 0 up to a ceiling that is base ms before try n = 1, doubles with each
 * further one and stays at cap. */
gint64 jp_backoff(guint n, gint64 base, gint64 cap, guint32 random);
/* The same between two bounds: never below min nor above max. */
gint64 jp_backoff_between(guint n, gint64 min, gint64 max, guint32 random);

/* ---- numbers (number.c) --------------------------------------------------------------------- */

/* Bytes of any integer, written. */
#define JP_INT_SIZE 24

/* Whole decimal integers only, in [min, max]; no blanks, no "0x". */
gboolean jp_int_parse(const char *text, gint64 min, gint64 max, gint64 *out);
/* Its digits, behind a sign where it is negative, NUL-terminated; gives their number. */
gsize jp_int_write(char out[JP_INT_SIZE], gint64 n);
/* "64MiB", "512KiB", "1000"; FALSE otherwise. */
gboolean jp_size_parse(const char *text, gint64 *bytes);
/* A decimal amount such as "1.25" or "85000" to micro-units, exact, FALSE beyond 12 digits. */
gboolean jp_micros_parse(const char *text, gint64 *micros);
gboolean jp_micros_from_double(double amount, gint64 *micros);

/* ---- hashes (hash.c) ------------------------------------------------------------------------ */

/* 128 bits of the bytes, the same everywhere and for ever; not against forgery. */
void jp_hash128(const void *bytes, gsize len, guint64 out[2]);

/* ---- gzip (inflate.c) ----------------------------------------------------------------------- */

typedef enum jp_inflated {
	JP_INFLATED,
	JP_INFLATED_BROKEN,    /* or cut short */
	JP_INFLATED_TOO_LARGE, /* it is more than max */
} jp_inflated;

/* Bytes that gzip says it is, as far as that can be, and at most max. */
gsize jp_inflate_says(const char *in, gsize len, gsize max);
/* TRUE for what begins like gzip. */
gboolean jp_inflate_is_gzip(const char *in, gsize len);
/* Inflates gzip, all its members, to at most max bytes, NUL-terminated beyond *out_len (g_free);
 * otherwise *out is NULL.  Bytes behind the last member are passed over. */
jp_inflated jp_inflate_gzip(const char *in, gsize len, gsize max, char **out, gsize *out_len);

/* ---- the command line (cli.c) --------------------------------------------------------------- */

typedef enum jp_opt_type {
	JP_OPT_END,
	JP_OPT_FLAG,     /* gboolean */
	JP_OPT_COUNT,    /* int, counts occurrences */
	JP_OPT_INT,      /* gint64 in [min, max] */
	JP_OPT_TEXT,     /* const char *, borrowed from argv */
	JP_OPT_LIST,     /* GPtrArray **, of borrowed strings; made on first use; may be repeated */
	JP_OPT_DURATION, /* gint64 milliseconds in [min, max] */
	JP_OPT_TIME,     /* gint64 milliseconds since the epoch */
} jp_opt_type;

struct jp_opt {
	jp_opt_type type;
	char letter;      /* 0: long only */
	const char *name; /* long name, no dashes */
	const char *help; /* half a line; for options with a value "VALUE  what it does" */
	void *value;      /* where the value goes; its type follows from the option's */
	gint64 min, max;  /* INT and DURATION; both 0 means any value >= 0 */
};

/* What every program takes.  Use JP_OPT_COMMON(common) as the last entries of a table. */
struct jp_common {
	const char *config; /* -C FILE */
	gboolean json;      /* -j */
	gboolean quiet;     /* -q: nothing on stdout */
	gboolean verbose;   /* -v */
	gboolean dry_run;   /* -n, where JP_OPT_DRY_RUN is in the table */
	gboolean yes;       /* --yes, where JP_OPT_YES is in the table */
};
#define JP_OPT_COMMON(c)                                                                           \
	{JP_OPT_TEXT, 'C', "config", "FILE  read this configuration", &(c)->config, 0, 0},         \
	    {JP_OPT_FLAG, 'j', "json", "write JSON Lines", &(c)->json, 0, 0},                      \
	    {JP_OPT_FLAG, 'q', "quiet", "write nothing to stdout", &(c)->quiet, 0, 0},             \
	{                                                                                          \
		JP_OPT_FLAG, 'v', "verbose", "say more on stderr", &(c)->verbose, 0, 0             \
	}
#define JP_OPT_DRY_RUN(c)                                                                          \
	{                                                                                          \
		JP_OPT_FLAG, 'n', "dry-run", "change nothing, only tell", &(c)->dry_run, 0, 0      \
	}
#define JP_OPT_YES(c)                                                                              \
	{                                                                                          \
		JP_OPT_FLAG, 0, "yes", "do not ask", &(c)->yes, 0, 0                               \
	}
#define JP_OPT_DONE                                                                                \
	{                                                                                          \
		.type = JP_OPT_END                                                                 \
	}

/* A verb, or the whole program where it has one job (name NULL, the only entry). */
struct jp_verb {
	const char *name;     /* "retry", "search add"; NULL: the work without a verb */
	const char *operands; /* for the usage: "USER POSTING", "[BOARD...]" */
	const char *help;     /* half a line */
	const struct jp_opt *opts;
	/* The work; operands only, argv[argc] is NULL.  Gives an exit code. */
	int (*run)(int argc, char **argv);
	int min_operands, max_operands; /* max -1: any number */
};

struct jp_cli {
	const char *name;    /* "jp-queue" */
	const char *summary; /* one sentence */
	const struct jp_verb *verbs;
	gsize n_verbs;
};

/* Parses argv (GNU rules: grouped letters, --name=value, --name value, "--" ends, options may
 * stand after operands and before or after the verb; "-" is an operand), finds the verb, fills the
 * options' values, and runs it.  Handles -h/--help and -V/--version.  Gives the exit code; a usage
 * error is one line and a hint on stderr, 64 (L02).  A flag named "verbose" also calls
 * jp_set_verbose.  A main is jp_init("jp-x"), then return jp_finish(jp_cli_run(...)). */
int jp_cli_run(const struct jp_cli *cli, int argc, char **argv);

/* Gives the word of the NULL-terminated vector that was probably meant, or NULL.  Borrows. */
const char *jp_closest(const char *word, const char *const *known);

/* Asks on the terminal when stdin and stderr are one; elsewhere only `yes` permits (L07).
 * FALSE: the caller ends with JP_ERROR_USAGE; the message was written. */
gboolean jp_confirm(gboolean yes, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

/* ---- giving up rights (confine.c) ------------------------------------------------------------ */

/* For a process that from now on only parses what it has in memory and writes to descriptors that
 * are open: no network, no other program, no file changed, little time.  There is no way back. */
void jp_confine(void);

/* ---- files (file.c) ------------------------------------------------------------------------- */

/* Reads a whole file of at most max bytes; NUL-terminated beyond len.  "-" is stdin.  Give *text
 * to g_free. */
gboolean jp_file_read(const char *path, gsize max, char **text, gsize *len, GError **error);
/* Writes beside the target, fsyncs, renames, fsyncs the folder: the old file or the new one. */
gboolean jp_file_write(const char *path, const void *data, gsize len, int mode, GError **error);
/* Makes a folder and its parents (mode 0700 for new ones). */
gboolean jp_dir_make(const char *path, GError **error);

/* ---- JSON (json.c, jsonread.c), in cJSON's nodes ------------------------------------------- */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(cJSON, cJSON_Delete)

/* JSON that was read and is not changed: cJSON's nodes, but not its memory. */
typedef struct jp_json jp_json;
/* Reads len bytes of UTF-8 JSON, at most JP_MAX_JSON_DEPTH deep and of JP_MAX_JSON_VALUES; the
 * error names line and column.  A body that starts like HTML is told apart ("HTML where JSON was
 * expected").  Invalid UTF-8 is replaced, a leading byte order mark skipped.  Copies; borrows
 * nothing from body. */
jp_json *jp_json_read(const char *body, gsize len, GError **error);
const cJSON *jp_json_root(const jp_json *json); /* borrowed; NULL gives NULL */
void jp_json_free(jp_json *json);               /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_json, jp_json_free)
/* The same as a tree that may be changed and kept in parts.  Free with cJSON_Delete. */
cJSON *jp_json_parse(const char *body, gsize len, GError **error);
/* Follow a path of member names, "a.b.c"; NULL when missing or of another type.  Borrowed. */
const cJSON *jp_json_get(const cJSON *o, const char *path);
const char *jp_json_text(const cJSON *o, const char *path); /* NULL unless a string */
/* A whole number, or a string of one; FALSE when missing, null, fractional or beyond 2^53. */
gboolean jp_json_int(const cJSON *o, const char *path, gint64 *out);
gboolean jp_json_bool(const cJSON *o, const char *path, gboolean *out);
/* An id as text whether it came as number or string; NULL when neither.  Free with g_free. */
char *jp_json_id(const cJSON *o, const char *path);
/* Adds a whole number, exact beyond the 15 digits that cJSON writes. */
void jp_json_add_int(cJSON *o, const char *key, gint64 n);
/* Adds RFC 3339 text or null; has FALSE gives null. */
void jp_json_add_time(cJSON *o, const char *key, gint64 ms, gboolean has);
void jp_json_add_text(cJSON *o, const char *key, const char *text_or_null);
/* One line, no newline at the end, NULs impossible.  Free with g_free. */
char *jp_json_line(const cJSON *o);
/* A JSON array of the strings (a NULL-terminated vector; NULL gives "[]").  Free with g_free. */
char *jp_json_from_strv(const char *const *strv);
char **jp_json_to_strv(const char *json); /* NULL unless an array of strings; g_strfreev */

#endif
