/* jp-mail: composes a digest for everybody who is due, and delivers it. */
#include "mail/mail.h"

#include <stdio.h>
#include <unistd.h>

static struct jp_common common;
static jp_config *conf;
static jp_db *db;
static jp_keys *keys;
static gboolean html, enqueue, tasks;
static const char *state;
static gint64 limit = 100;

static int
open_db(jp_db_mode how)
{
	return jp_site_open(&conf, &db, common.config, how);
}

static int
open_all(jp_db_mode how)
{
	g_autoptr(GError) error = NULL;
	int code = open_db(how);

	if (code)
		return code;
	keys = jp_keys_load(conf->site.key_file, &error);
	return keys ? 0 : jp_fail(error);
}

/* ---- the run ------------------------------------------------------------------------------ */

static void
on_result(const jp_mail_result *r, gpointer data)
{
	jp_table_row(data, r->message, r->subscriber, r->state, (gint64)r->n_postings,
	    r->message_id, r->reply);
}

/* For the queue: hands the digests over, or does those that it gives us. */
static int
run_queued(void)
{
	jp_mail_run run = {0};
	int code = open_all(JP_DB_OPEN);

	if (code)
		return code;
	run = (jp_mail_run){.db = db, .conf = conf, .keys = keys};
	if (tasks)
		return jp_mail_serve(&run);
	jp_info("%u tasks added", jp_mail_enqueue(db));
	return 0;
}

static int
run_mail(int argc, char **argv)
{
	g_autoptr(jp_table) table = NULL;
	g_autoptr(GArray) only = NULL;
	g_autoptr(GError) error = NULL;
	jp_mail_run run = {0};
	gint64 row = 0;
	int code;

	if ((enqueue || tasks) && (argc > 0 || common.dry_run || enqueue == tasks)) {
		jp_warn("--enqueue and --tasks go with no operand or --dry-run, nor together");
		return JP_ERROR_USAGE;
	}
	if (enqueue || tasks)
		return run_queued();
	if (argc == 1 && !g_str_equal(argv[0], "-")) {
		jp_warn("%s: not a verb; \"-\" reads match lines, see jp-mail --help", argv[0]);
		return JP_ERROR_USAGE;
	}
	if (argc == 1 &&
	    !(only = jp_lines_ids(STDIN_FILENO, jp_match_columns, JP_MATCH_N_COLS,
		  JP_MATCH_COL_SUBSCRIBER, "subscriber")))
		return JP_ERROR_DATA;
	code = open_all(common.dry_run ? JP_DB_READ : JP_DB_OPEN);
	if (code)
		return code;
	table = jp_table_new(jp_table_mode_of(&common), jp_mail_columns, JP_MAIL_N_COLS);
	run = (jp_mail_run){.db = db,
	    .conf = conf,
	    .keys = keys,
	    .dry_run = common.dry_run,
	    .only = only,
	    .on_result = on_result,
	    .data = table};
	if (!run.dry_run)
		row = jp_run_begin(db);
	code = jp_mail_run_all(&run, &error) ? 0 : jp_fail(error);
	if (row)
		jp_run_end(db, row, code, run.n_sent, run.n_failed + run.n_held,
		    error ? error->message : NULL);
	return code;
}

/* ---- looking ------------------------------------------------------------------------------ */

static int
run_preview(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	gint64 id;
	int code = open_all(JP_DB_READ);

	(void)argc;
	if (code)
		return code;
	id = jp_subscriber_find(db, argv[0]);
	if (!id) {
		jp_warn("no such subscriber; jp-user list shows them");
		return JP_ERROR_DATA;
	}
	text = jp_mail_preview(db, conf, keys, id, html, &error);
	if (error)
		return jp_fail(error);
	if (!text) {
		if (!common.quiet)
			jp_warn("nothing is new for this subscriber");
		return 1;
	}
	if (!common.quiet)
		fputs(text, stdout); /* jp_finish judges what was written */
	return 0;
}

static int
run_log(int argc, char **argv)
{
	static const char *const states[] = {"composed", "sending", "sent", "failed", "held", NULL};
	int code;

	(void)argc, (void)argv;
	if (state && !g_strv_contains(states, state)) {
		jp_warn("%s: not one of composed, sending, sent, failed, held", state);
		return JP_ERROR_USAGE;
	}
	code = open_db(JP_DB_READ);
	if (code)
		return code;
	jp_show_messages(db, state, (guint)limit, jp_table_mode_of(&common));
	return 0;
}

/* ---- one message -------------------------------------------------------------------------- */

static gboolean
message_id(const char *text, gint64 *id)
{
	if (jp_int_parse(text, 1, G_MAXINT64, id))
		return TRUE;
	jp_warn("%s: not a message's number; jp-mail log shows them", text);
	return FALSE;
}

static int
run_show(int argc, char **argv)
{
	g_autoptr(GBytes) bytes = NULL;
	g_autofree char *text = NULL;
	gconstpointer data;
	gsize len;
	gint64 id;
	int code;

	(void)argc;
	if (!message_id(argv[0], &id))
		return JP_ERROR_USAGE;
	code = open_db(JP_DB_READ);
	if (code)
		return code;
	bytes = jp_mail_show(db, id);
	if (!bytes) {
		jp_warn("message %s: there is none, or its text is gone", argv[0]);
		return JP_ERROR_DATA;
	}
	data = g_bytes_get_data(bytes, &len);
	if (!common.quiet && !isatty(STDOUT_FILENO)) {
		(void)fwrite(data, 1, len, stdout); /* jp_finish judges what was written */
	} else if (!common.quiet) {
		text = jp_text_clean(data, (gssize)len, 0, TRUE);
		puts(text);
	}
	return 0;
}

/* A dry run takes back what it did. */
static int
end(gboolean ok, const char *what)
{
	if (ok && !common.dry_run)
		jp_db_commit(db);
	else
		jp_db_rollback(db);
	if (!ok)
		jp_warn("%s", what);
	return ok ? 0 : JP_ERROR_DATA;
}

static int
run_retry(int argc, char **argv)
{
	gint64 id;
	int code;

	(void)argc;
	if (!message_id(argv[0], &id))
		return JP_ERROR_USAGE;
	if (!common.dry_run &&
	    !jp_confirm(common.yes, "send message %s again, which may have arrived?", argv[0]))
		return JP_ERROR_USAGE;
	code = open_db(JP_DB_OPEN);
	if (code)
		return code;
	jp_db_begin(db, JP_TX_WRITE);
	return end(jp_mail_retry(db, id, jp_now()),
	    "the message is not held or failed, or its text is gone; see jp-mail log");
}

static int
run_drop(int argc, char **argv)
{
	gint64 id;
	int code;

	(void)argc;
	if (!message_id(argv[0], &id))
		return JP_ERROR_USAGE;
	if (!common.dry_run && !jp_confirm(common.yes, "give message %s up?", argv[0]))
		return JP_ERROR_USAGE;
	code = open_db(JP_DB_OPEN);
	if (code)
		return code;
	jp_db_begin(db, JP_TX_WRITE);
	return end(jp_mail_drop(db, id), "the message is not held; see jp-mail log");
}

/* ---- the command line --------------------------------------------------------------------- */

int
main(int argc, char **argv)
{
	const struct jp_opt run_opts[] = {JP_OPT_DRY_RUN(&common),
	    {JP_OPT_FLAG, 0, "enqueue", "add tasks for those who are due", &enqueue, 0, 0},
	    {JP_OPT_FLAG, 0, "tasks", "serve those of tasks on stdin, for jp-queue", &tasks, 0, 0},
	    JP_OPT_COMMON(&common), JP_OPT_DONE};
	const struct jp_opt preview_opts[] = {
	    {JP_OPT_FLAG, 0, "html", "the HTML part", &html, 0, 0}, JP_OPT_COMMON(&common),
	    JP_OPT_DONE};
	const struct jp_opt log_opts[] = {
	    {JP_OPT_INT, 'l', "limit", "N  at most so many (100)", &limit, 1, 1000000},
	    {JP_OPT_TEXT, 's', "state", "STATE  only those", &state, 0, 0}, JP_OPT_COMMON(&common),
	    JP_OPT_DONE};
	const struct jp_opt plain_opts[] = {JP_OPT_COMMON(&common), JP_OPT_DONE};
	const struct jp_opt change_opts[] = {
	    JP_OPT_DRY_RUN(&common), JP_OPT_YES(&common), JP_OPT_COMMON(&common), JP_OPT_DONE};
	const struct jp_verb verbs[] = {
	    {NULL, "[-]", "compose and deliver what is due", run_opts, run_mail, 0, 1},
	    {"preview", "USER", "the digest somebody would get now", preview_opts, run_preview, 1,
		1},
	    {"log", "", "messages, the newest first", log_opts, run_log, 0, 0},
	    {"show", "MESSAGE", "a message as it is sent", plain_opts, run_show, 1, 1},
	    {"retry", "MESSAGE", "send a held or failed one again", change_opts, run_retry, 1, 1},
	    {"drop", "MESSAGE", "give a held one up", change_opts, run_drop, 1, 1},
	};
	const struct jp_cli cli = {
	    .name = "jp-mail",
	    .summary = "compose a digest for everybody who is due, and deliver it",
	    .verbs = verbs,
	    .n_verbs = G_N_ELEMENTS(verbs),
	};
	int code;

	jp_init("jp-mail");
	code = jp_cli_run(&cli, argc, argv);
	jp_keys_free(keys);
	jp_db_close(db);
	jp_config_free(conf);
	return jp_finish(code);
}
