/*
 * jp-match: runs new postings against the saved searches, and says why one was picked or not.
 */
#include <string.h>
#include <unistd.h>

#include "mail/mail.h"

static struct jp_common common;
static gboolean explain, enqueue, tasks;

/* What a run works with. */
typedef struct work {
	jp_config *conf;
	jp_db *db;
} work;

static void
work_clear(work *w)
{
	jp_db_close(w->db);
	jp_config_free(w->conf);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(work, work_clear)

static jp_table *
new_table(const jp_column *columns, guint n)
{
	return jp_table_new(jp_table_mode_of(&common), columns, n);
}

/* ---- matching --------------------------------------------------------------------------- */

/* Under --json each line has its reasons, too. */
static jp_table *
new_match_table(jp_column columns[JP_MATCH_N_COLS + 1])
{
	memcpy(columns, jp_match_columns, sizeof(jp_match_columns));
	columns[JP_MATCH_N_COLS] = (jp_column){"reasons", NULL, JP_CELL_JSON};
	return new_table(columns, common.json ? JP_MATCH_N_COLS + 1 : JP_MATCH_N_COLS);
}

static void
print_match(const jp_match_line *m, gpointer table)
{
	g_autofree char *reasons = jp_json_line(m->reasons);

	jp_table_row(table, m->subscriber_id, m->posting_id, (gint64)m->score, m->search, m->title,
	    m->company, m->place, m->url, reasons);
}

static int
run_match(work *w, GArray *only)
{
	jp_column columns[JP_MATCH_N_COLS + 1];
	g_autoptr(jp_table) table = new_match_table(columns);
	jp_match_run r = {.db = w->db,
	    .conf = w->conf,
	    .dry_run = common.dry_run,
	    .only = only,
	    .on_match = print_match,
	    .data = table};
	gint64 run = common.dry_run ? 0 : jp_run_begin(w->db);

	jp_match_run_all(&r);
	jp_info("%u postings, %u searches, %u matches", r.n_postings, r.n_searches, r.n_matches);
	if (run)
		jp_run_end(w->db, run, 0, r.n_matches, 0, NULL);
	return 0;
}

/* For the queue: hands the work over, or does what it gives us. */
static int
run_queued(work *w)
{
	int code = jp_site_open(&w->conf, &w->db, common.config, JP_DB_OPEN);
	jp_match_run r = {.db = w->db, .conf = w->conf};

	if (code)
		return code;
	if (tasks)
		return jp_match_serve(&r);
	jp_info("%u tasks added", jp_match_enqueue(w->db));
	return 0;
}

/* ---- explaining ------------------------------------------------------------------------- */

static const jp_column explain_columns[] = {
    {"search", NULL, JP_CELL_TEXT},
    {"points", NULL, JP_CELL_INT},
    {"ok", NULL, JP_CELL_BOOL},
    {"what", NULL, JP_CELL_TEXT},
};

struct told {
	jp_table *table;
	const char *status; /* of the subscriber, unless active */
	gboolean any;
};

static void
print_told(const jp_search *s, const jp_hit *h, gboolean matches, gpointer data)
{
	struct told *t = data;
	g_autofree char *status = t->status ? g_strdup_printf("subscriber is %s", t->status) : NULL;

	matches = matches && !status;
	t->any = t->any || matches;
	for (guint i = 0; i < h->reasons->len; i++) {
		const jp_reason *r = g_ptr_array_index(h->reasons, i);

		jp_table_row(t->table, s->name, (gint64)r->points, r->ok, r->what);
	}
	if (status)
		jp_table_row(t->table, s->name, (gint64)0, FALSE, status);
	jp_table_row(
	    t->table, s->name, (gint64)h->score, matches, matches ? "matches" : "does not match");
}

static int
run_explain(int argc, char **argv)
{
	g_auto(work) w = {0};
	g_autoptr(jp_table) table = NULL;
	g_autoptr(jp_subscriber) subscriber = NULL;
	g_autoptr(GError) error = NULL;
	struct told t = {0};
	gint64 user, posting, search = 0;
	int code;

	if (!jp_int_parse(argv[1], 1, G_MAXINT64, &posting) ||
	    (argc > 2 && !jp_int_parse(argv[2], 1, G_MAXINT64, &search))) {
		jp_warn("--explain takes USER POSTING [SEARCH]; POSTING and SEARCH are ids");
		return JP_ERROR_USAGE;
	}
	code = jp_site_open(&w.conf, &w.db, common.config, JP_DB_READ);
	if (code)
		return code;
	user = jp_subscriber_find(w.db, argv[0]);
	if (!user) {
		jp_warn("there is no such subscriber; see jp-user(1)");
		return JP_ERROR_DATA;
	}
	subscriber = jp_subscriber_load(w.db, user);
	t.status = g_strcmp0(subscriber->status, "active") == 0 ? NULL : subscriber->status;
	table = new_table(explain_columns, G_N_ELEMENTS(explain_columns));
	t.table = table;
	if (!jp_match_explain_stored(w.db, w.conf, user, posting, search, print_told, &t, &error))
		return jp_fail(error);
	return t.any ? 0 : 1;
}

/* ---- the program ------------------------------------------------------------------------ */

static int
run(int argc, char **argv)
{
	g_auto(work) w = {0};
	g_autoptr(GArray) only = NULL;
	int code;

	if (explain && argc < 2) {
		jp_warn("--explain takes USER POSTING [SEARCH]; try 'jp-match --help'");
		return JP_ERROR_USAGE;
	}
	if ((enqueue || tasks) && (argc || explain || common.dry_run || enqueue == tasks)) {
		jp_warn("--enqueue and --tasks go with no operand or other option, nor together");
		return JP_ERROR_USAGE;
	}
	if (enqueue || tasks)
		return run_queued(&w);
	if (explain)
		return run_explain(argc, argv);
	if (argc > 1 || (argc && g_strcmp0(argv[0], "-") != 0)) {
		jp_warn("unknown operand \"%s\"; try 'jp-match --help'", argv[argc - 1]);
		return JP_ERROR_USAGE;
	}
	code =
	    jp_site_open(&w.conf, &w.db, common.config, common.dry_run ? JP_DB_READ : JP_DB_OPEN);
	if (code)
		return code;
	if (argc &&
	    !(only = jp_lines_ids(STDIN_FILENO, jp_event_columns, JP_EVENT_N_COLS,
		  JP_EVENT_COL_POSTING, "posting")))
		return JP_ERROR_DATA;
	return run_match(&w, only);
}

static int
run_check(int argc, char **argv)
{
	static const jp_column columns[] = {{"query", NULL, JP_CELL_TEXT}};
	g_autoptr(GError) error = NULL;
	g_autoptr(jp_query) q = jp_query_parse(argv[0], &error);
	g_autoptr(jp_table) table = NULL;
	g_autofree char *canonical = NULL;

	(void)argc;
	if (!q)
		return jp_fail(error);
	canonical = jp_query_write(q);
	table = new_table(columns, G_N_ELEMENTS(columns));
	jp_table_row(table, canonical);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct jp_opt opts[] = {
	    {JP_OPT_FLAG, 0, "enqueue", "add a task if something is due", &enqueue, 0, 0},
	    {JP_OPT_FLAG, 0, "explain", "say what USER's searches make of POSTING", &explain, 0, 0},
	    JP_OPT_DRY_RUN(&common),
	    {JP_OPT_FLAG, 0, "tasks", "match for tasks on stdin, for jp-queue", &tasks, 0, 0},
	    JP_OPT_COMMON(&common), JP_OPT_DONE};
	const struct jp_opt check_opts[] = {JP_OPT_COMMON(&common), JP_OPT_DONE};
	const struct jp_verb verbs[] = {
	    {NULL, "[-] | USER POSTING [SEARCH]", "match what is due, or what stdin selects", opts,
		run, 0, 3},
	    {"check", "QUERY", "write a query as it is understood", check_opts, run_check, 1, 1},
	};
	const struct jp_cli cli = {"jp-match",
	    "Matches new postings to every saved search, scores them and says why.", verbs,
	    G_N_ELEMENTS(verbs)};

	jp_init("jp-match");
	return jp_finish(jp_cli_run(&cli, argc, argv));
}
