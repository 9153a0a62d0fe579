/*
 * jp-scrape: visits the boards that are due and tells what is new, one posting event a line.
 * `jp-scrape parse` reads one service's answer from stdin instead.
 */
#include "board/board.h"

#include <stdio.h>

static struct jp_common common;
static gboolean all, enqueue, tasks;
static const char *record, *replay;
static const char *token, *company, *detail;
static gint64 parse_now;
static gint64 days = 7, every = 10 * JP_MINUTE;
static const char *by;

/* ---- scraping --------------------------------------------------------------------------- */

static void
print_event(const jp_event *e, const char *board, gpointer table)
{
	jp_table_row(table, e->posting_id, jp_event_word(e->kind), e->title, e->company, e->place,
	    e->url, board);
}

static void
tell_visit(const jp_visit_note *note, gpointer table)
{
	(void)table;
	if (note->worth_saying)
		jp_warn("%s", note->message);
	else
		jp_info("%s", note->message);
}

/* 69: there were boards, and the network answered for none of them. */
static int
exit_code(const jp_scrape *s)
{
	const GError *recording = jp_http_record_error(s->http);

	if (recording)
		return jp_fail(recording);
	if (jp_http_needs_contact(s->http)) {
		jp_warn(
		    "set site.contact in jobping.yaml(5): boards are asked only by somebody who "
		    "can be reached");
		return JP_ERROR_CONFIG;
	}
	if (s->n_visited > 0 && s->n_unreached == s->n_visited) {
		jp_warn("none of %u boards answered; is the network there?", s->n_visited);
		return JP_ERROR_UNAVAILABLE;
	}
	/* asked for by name, and each was put off */
	return s->only && s->n_visited == 0 && s->n_put_off > 0 ? JP_ERROR_TEMP : 0;
}

static int
scrape(jp_db *db, const jp_config *conf, jp_http *http, GArray *only)
{
	g_autoptr(jp_table) table =
	    jp_table_new(jp_table_mode_of(&common), jp_event_columns, JP_EVENT_N_COLS);
	jp_scrape s = {
	    .db = db,
	    .conf = conf,
	    .http = http,
	    .all = all,
	    .only = only,
	    .dry_run = common.dry_run,
	    .quiet = common.quiet,
	    .on_event = print_event,
	    .on_visit = tell_visit,
	    .data = table,
	};
	gint64 run = common.dry_run ? 0 : jp_run_begin(db);
	g_autofree char *note = NULL;
	int code;

	jp_scrape_run(&s);
	code = exit_code(&s);
	note = g_strdup_printf("%u new, %u changed, %u closed", s.n_new, s.n_changed, s.n_closed);
	if (!common.dry_run)
		jp_run_end(db, run, code, s.n_visited, s.n_failed, note);
	jp_info("%u boards visited, %u failed; %s", s.n_visited, s.n_failed, note);
	return code;
}

/* For the queue: hands the visits over, or does those that it gives us. */
static int
run_queued(jp_db *db, const jp_config *conf, jp_http *http)
{
	jp_scrape s = {
	    .db = db, .conf = conf, .http = http, .quiet = common.quiet, .on_visit = tell_visit};

	if (tasks)
		return jp_board_serve(&s);
	jp_info("%u tasks added", jp_board_enqueue(db));
	return 0;
}

static int
run_scrape(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(jp_config) conf = NULL;
	g_autoptr(jp_db) db = NULL;
	g_autoptr(jp_http) http = NULL;
	g_autoptr(GArray) only = NULL;
	int code;

	if ((enqueue || tasks) && (argc > 0 || all || common.dry_run || enqueue == tasks)) {
		jp_warn(
		    "--enqueue and --tasks go with no boards, --all or --dry-run, nor together");
		return JP_ERROR_USAGE;
	}
	if (record && replay) {
		jp_warn("--record and --replay exclude each other");
		return JP_ERROR_USAGE;
	}
	code = jp_site_open(&conf, &db, common.config, JP_DB_OPEN);
	if (code)
		return code;
	http = jp_http_new(conf, record, replay, &error);
	if (!http)
		return jp_fail(error);
	if (enqueue || tasks)
		return run_queued(db, conf, http);
	if (argc > 0) {
		only = jp_board_named(db, argv);
		if (only->len == 0)
			return JP_ERROR_DATA; /* which was said */
	}
	return scrape(db, conf, http, only);
}

/* ---- planning --------------------------------------------------------------------------- */

static int
run_plan(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(jp_config) conf = NULL;
	g_autoptr(jp_db) db = NULL;
	g_autoptr(jp_http) http = NULL;
	g_autoptr(jp_plan) plan = NULL;
	jp_plan_view view = common.json ? JP_PLAN_VISIT : JP_PLAN_DAY;
	int code;

	(void)argc;
	(void)argv;
	if (by && !jp_plan_view_of(by, &view)) {
		jp_warn("--by %s: a plan is shown by day, host, late or visit", by);
		return JP_ERROR_USAGE;
	}
	code = jp_site_open(&conf, &db, common.config, JP_DB_OPEN);
	if (code)
		return code;
	http = jp_http_new(conf, NULL, NULL, &error); /* for its limits: nothing is asked */
	if (!http)
		return jp_fail(error);
	plan = jp_plan_load(db, conf, http, days * JP_DAY, every);
	jp_plan_show(plan, view, jp_table_mode_of(&common));
	return 0;
}

/* ---- parsing ---------------------------------------------------------------------------- */

static void
print_listing(const jp_listing *l)
{
	for (guint i = 0; i < l->postings->len && !common.quiet; i++) {
		g_autoptr(cJSON) o = jp_posting_to_json(g_ptr_array_index(l->postings, i));
		g_autofree char *line = jp_json_line(o);

		puts(line); /* jp_finish judges what was written */
	}
}

static gboolean
parse(jp_listing *l, const char *kind, const char *board, const char *body, gsize len, GError **e)
{
	gint64 now = parse_now ? parse_now : jp_now();

	if (detail)
		return jp_board_parse_detail(l, kind, board, company, detail, body, len, now, e);
	return jp_board_parse(l, kind, board, company, body, len, now, e);
}

static int
run_parse(int argc, char **argv)
{
	const char *kind = argv[0];
	const char *board = token ? token : "stdin";
	g_autoptr(jp_listing) l = jp_listing_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *body = NULL;
	gsize len;

	(void)argc;
	if (!jp_file_read("-", (gsize)JP_MAX_BODY, &body, &len, &error))
		return jp_fail(error);
	jp_confine();
	if (!parse(l, kind, board, body, len, &error)) {
		g_prefix_error(&error, "%s (%s): ", board, kind);
		return jp_fail(error);
	}
	print_listing(l);
	for (guint i = 0; i < l->problems->len; i++)
		jp_warn("%s (%s): %s", board, kind, (char *)g_ptr_array_index(l->problems, i));
	if (l->incomplete_why)
		jp_warn("%s (%s): not complete: %s", board, kind, l->incomplete_why);
	/* items, and none that could be read */
	return l->n_bad > 0 && l->postings->len == 0 ? JP_ERROR_DATA : 0;
}

int
main(int argc, char **argv)
{
	const struct jp_opt scrape_opts[] = {
	    {JP_OPT_FLAG, 'a', "all", "also boards that are not due", &all, 0, 0},
	    JP_OPT_DRY_RUN(&common),
	    {JP_OPT_FLAG, 0, "enqueue", "add tasks for the boards that are due", &enqueue, 0, 0},
	    {JP_OPT_TEXT, 0, "record", "DIR  keep every response in this folder", &record, 0, 0},
	    {JP_OPT_TEXT, 0, "replay", "DIR  answer from this folder, not the network", &replay, 0,
		0},
	    {JP_OPT_FLAG, 0, "tasks", "visit the boards of tasks on stdin, for jp-queue", &tasks, 0,
		0},
	    JP_OPT_COMMON(&common),
	    JP_OPT_DONE,
	};
	const struct jp_opt plan_opts[] = {
	    {JP_OPT_TEXT, 0, "by", "WORD  rows by day, host or visit, or the late boards", &by, 0,
		0},
	    {JP_OPT_INT, 0, "days", "N  look so far ahead", &days, 1, 365},
	    {JP_OPT_DURATION, 0, "every", "TIME  between the starts of runs", &every, JP_SECOND,
		JP_DAY},
	    JP_OPT_COMMON(&common),
	    JP_OPT_DONE,
	};
	const struct jp_opt parse_opts[] = {
	    {JP_OPT_TEXT, 0, "board", "TOKEN  the board that the body is of", &token, 0, 0},
	    {JP_OPT_TEXT, 0, "company", "NAME  where the body names no company", &company, 0, 0},
	    {JP_OPT_TEXT, 0, "detail", "ID  the body is of this one posting, not a listing",
		&detail, 0, 0},
	    {JP_OPT_TIME, 0, "now", "TIME  when the body came, for relative dates", &parse_now, 0,
		0},
	    JP_OPT_COMMON(&common),
	    JP_OPT_DONE,
	};
	const struct jp_verb verbs[] = {
	    {NULL, "[BOARD...]", "visit the boards that are due", scrape_opts, run_scrape, 0, -1},
	    {"plan", "", "show what would be visited when, without the network", plan_opts,
		run_plan, 0, 0},
	    {"parse", "KIND", "read one answer of a service from stdin", parse_opts, run_parse, 1,
		1},
	};
	const struct jp_cli cli = {
	    .name = "jp-scrape",
	    .summary = "bring home what job boards list",
	    .verbs = verbs,
	    .n_verbs = G_N_ELEMENTS(verbs),
	};

	jp_init("jp-scrape");
	return jp_finish(jp_cli_run(&cli, argc, argv));
}
