/* jp-queue: durable tasks for any program; adds, runs, shows and mends them. */
#include "queue/queue.h"

static struct jp_common common;
static jp_config *conf;
static jp_db *db;
static jp_queue_asked asked = {.common = &common, .limit = 100};
static jp_task_new task;
static const char *clash, *payload;
static gint64 delay, at, priority = JP_NO_INT, attempts;
static jp_work work;

static int
open_db(jp_db_mode mode)
{
	return jp_site_open(&conf, &db, common.config, mode);
}

static const char *const *
words(char **argv)
{
	return (const char *const *)argv;
}

/* The time that --delay or --at ask for. */
static gint64
run_at(gint64 otherwise)
{
	if (delay)
		return jp_db_now(db) + delay;
	return at ? at : otherwise;
}

static int
run_add(int argc, char **argv)
{
	int code = open_db(JP_DB_OPEN);

	(void)argc;
	if (code)
		return code;
	task.run_at = run_at(0);
	task.max_attempts = attempts;
	return jp_queue_add_asked(db, words(argv), clash, task, &asked);
}

/* ---- asking ------------------------------------------------------------------------------- */

static int
run_list(int argc, char **argv)
{
	int code = open_db(JP_DB_READ);

	(void)argc, (void)argv;
	return code ? code : jp_queue_list_asked(db, &asked);
}

static int
run_show(int argc, char **argv)
{
	int code = open_db(JP_DB_READ);

	(void)argc;
	return code ? code : jp_queue_show_asked(db, argv[0], &asked);
}

static int
run_stats(int argc, char **argv)
{
	g_autoptr(jp_table) out = NULL;
	int code = open_db(JP_DB_READ);

	(void)argc, (void)argv;
	if (code)
		return code;
	out = jp_table_new(jp_table_mode_of(&common), jp_queue_stat_columns, JP_QUEUE_STAT_N_COLS);
	jp_queue_stats(db, jp_db_now(db), out);
	return 0;
}

/* ---- changing ----------------------------------------------------------------------------- */

static int
change(jp_queue_verb verb, char **argv)
{
	int code = open_db(JP_DB_OPEN);

	return code ? code : jp_queue_change_asked(db, verb, words(argv), &asked);
}

static int
run_retry(int argc, char **argv)
{
	(void)argc;
	return change(JP_QUEUE_RETRY, argv);
}

static int
run_kick(int argc, char **argv)
{
	(void)argc;
	return change(JP_QUEUE_KICK, argv);
}

static int
run_bury(int argc, char **argv)
{
	(void)argc;
	return change(JP_QUEUE_BURY, argv);
}

static int
run_drop(int argc, char **argv)
{
	(void)argc;
	return change(JP_QUEUE_DROP, argv);
}

static int
run_edit(int argc, char **argv)
{
	int code = open_db(JP_DB_OPEN);
	jp_task_edit edit = {.priority = priority};

	(void)argc;
	if (code)
		return code;
	edit.run_at = run_at(JP_NO_INT);
	edit.max_attempts = attempts ? attempts : JP_NO_INT;
	return jp_queue_edit_asked(db, argv[0], payload, edit, &asked);
}

static int
run_pause(int argc, char **argv)
{
	int code = open_db(JP_DB_OPEN);

	(void)argc;
	return code ? code : jp_queue_pause_asked(db, words(argv), TRUE, &asked);
}

static int
run_resume(int argc, char **argv)
{
	int code = open_db(JP_DB_OPEN);

	(void)argc;
	return code ? code : jp_queue_pause_asked(db, words(argv), FALSE, &asked);
}

/* ---- work --------------------------------------------------------------------------------- */

static int
run_work(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;

	work.config = common.config;
	work.types = argc > 0 ? words(argv) : NULL;
	return jp_work_run(&work, &error) ? 0 : jp_fail(error);
}

/* ---- the command line --------------------------------------------------------------------- */

#define OPT_WHEN                                                                                   \
	{JP_OPT_DURATION, 'd', "delay", "SPAN  not before so long", &delay, 1,                     \
	    JP_QUEUE_MAX_DELAY},                                                                   \
	{                                                                                          \
		JP_OPT_TIME, 0, "at", "TIME  not before then", &at, 0, 0                           \
	}
#define OPT_FILTER                                                                                 \
	{JP_OPT_TEXT, 't', "type", "TYPE  only those", &asked.filter.type, 0, 0},                  \
	    {JP_OPT_TEXT, 's', "state", "STATE  only those", &asked.filter.state, 0, 0},           \
	    {JP_OPT_TEXT, 'k', "key", "KEY  only that one's", &asked.filter.key, 0, 0},            \
	    {JP_OPT_TEXT, 0, "subscriber", "NAME  only that one's", &asked.filter.subscriber, 0,   \
		0},                                                                                \
	    {JP_OPT_TEXT, 0, "worker", "NAME  only that one's", &asked.filter.worker, 0, 0},       \
	    {JP_OPT_DURATION, 0, "since", "SPAN  ended or added within it", &asked.filter.since,   \
		1, JP_QUEUE_MAX_DELAY},                                                            \
	{                                                                                          \
		JP_OPT_DURATION, 0, "until", "SPAN  ended or added before it",                     \
		    &asked.filter.until, 1, JP_QUEUE_MAX_DELAY                                     \
	}
#define OPT_ATTEMPTS                                                                               \
	{                                                                                          \
		JP_OPT_INT, 0, "max-attempts", "N  tries, before it is dead", &attempts, 1,        \
		    JP_QUEUE_MAX_ATTEMPTS                                                          \
	}

static const struct jp_opt add_opts[] = {
    {JP_OPT_TEXT, 0, "clash", "WORD  where the key is taken: skip, replace, fail", &clash, 0, 0},
    {JP_OPT_TEXT, 'k', "key", "KEY  one at a time waits or runs", &task.key, 0, 0},
    {JP_OPT_INT, 'p', "priority", "N  higher is sooner (0)", &task.priority, -JP_QUEUE_MAX_PRIORITY,
	JP_QUEUE_MAX_PRIORITY},
    {JP_OPT_TEXT, 0, "subscriber", "NAME  whose share it takes", &task.subscriber, 0, 0},
    OPT_ATTEMPTS, OPT_WHEN, JP_OPT_COMMON(&common), JP_OPT_DONE};
static const struct jp_opt list_opts[] = {OPT_FILTER,
    {JP_OPT_INT, 0, "after", "TASK  only those behind it", &asked.after, 1, G_MAXINT64},
    {JP_OPT_INT, 'l', "limit", "N  at most so many (100)", &asked.limit, 1, 1000000},
    {JP_OPT_INT, 0, "offset", "N  leave so many out", &asked.offset, 0, G_MAXINT32},
    JP_OPT_COMMON(&common), JP_OPT_DONE};
static const struct jp_opt plain_opts[] = {JP_OPT_COMMON(&common), JP_OPT_DONE};
static const struct jp_opt change_opts[] = {OPT_FILTER,
    {JP_OPT_FLAG, 0, "all", "every task", &asked.all, 0, 0}, JP_OPT_DRY_RUN(&common),
    JP_OPT_COMMON(&common), JP_OPT_DONE};
static const struct jp_opt drop_opts[] = {OPT_FILTER,
    {JP_OPT_FLAG, 0, "all", "every task", &asked.all, 0, 0}, JP_OPT_DRY_RUN(&common),
    JP_OPT_YES(&common), JP_OPT_COMMON(&common), JP_OPT_DONE};
static const struct jp_opt edit_opts[] = {
    {JP_OPT_TEXT, 0, "payload", "JSON  another payload", &payload, 0, 0},
    {JP_OPT_INT, 'p', "priority", "N  another priority", &priority, -JP_QUEUE_MAX_PRIORITY,
	JP_QUEUE_MAX_PRIORITY},
    OPT_ATTEMPTS, OPT_WHEN, JP_OPT_DRY_RUN(&common), JP_OPT_COMMON(&common), JP_OPT_DONE};
static const struct jp_opt pause_opts[] = {
    JP_OPT_DRY_RUN(&common), JP_OPT_COMMON(&common), JP_OPT_DONE};
static const struct jp_opt work_opts[] = {
    {JP_OPT_INT, 'c', "concurrency", "N  handlers of a type at most", &work.most, 1, 256},
    {JP_OPT_FLAG, 0, "drain", "end when nothing is left to run", &work.drain, 0, 0},
    {JP_OPT_DURATION, 0, "for", "SPAN  end after it", &work.duration, 1, 365 * JP_DAY},
    {JP_OPT_FLAG, 0, "once", "claim once", &work.once, 0, 0}, JP_OPT_COMMON(&common), JP_OPT_DONE};

int
main(int argc, char **argv)
{
	static const struct jp_verb verbs[] = {
	    {"add", "[TYPE] [PAYLOAD|-]", "add a task, or one for each line", add_opts, run_add, 1,
		2},
	    {"bury", "[TASK...]", "set tasks aside", change_opts, run_bury, 0, -1},
	    {"drop", "[TASK...]", "remove tasks", drop_opts, run_drop, 0, -1},
	    {"edit", "TASK", "change a task", edit_opts, run_edit, 1, 1},
	    {"kick", "[TASK...]", "have buried and delayed tasks run now", change_opts, run_kick, 0,
		-1},
	    {"list", "", "tasks, the newest first", list_opts, run_list, 0, 0},
	    {"pause", "TYPE...", "claim no tasks of a type", pause_opts, run_pause, 1, -1},
	    {"purge", "", "remove all tasks of a kind", drop_opts, run_drop, 0, 0},
	    {"resume", "TYPE...", "claim them again", pause_opts, run_resume, 1, -1},
	    {"retry", "[TASK...]", "have dead tasks run again", change_opts, run_retry, 0, -1},
	    {"show", "TASK", "all of a task", plain_opts, run_show, 1, 1},
	    {"stats", "", "what waits, runs and failed, by type", plain_opts, run_stats, 0, 0},
	    {"work", "[TYPE...]", "run handlers for tasks", work_opts, run_work, 0, -1},
	};
	static const struct jp_cli cli = {"jp-queue",
	    "keep tasks until they are done, and run their handlers", verbs, G_N_ELEMENTS(verbs)};
	int code;

	jp_init("jp-queue");
	code = jp_cli_run(&cli, argc, argv);
	jp_db_close(db);
	jp_config_free(conf);
	return jp_finish(code);
}
